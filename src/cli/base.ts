import type { Command } from 'commander';
import { baseImage, type BaseRequest } from '../build/index.ts';
import { hostPlatform, parsePlatform } from '../core/index.ts';
import { debianArchitecture } from '../kinds/apt/index.ts';
import {
  familiarReference,
  openDestination,
  parseReference,
  parseTransport,
  withDefaultTag,
} from '../registry/index.ts';
import { collect } from './collect.ts';
import { addPlaceOptions, printResult, runBuild, type PlaceOptions } from './common.ts';

interface BaseOptions extends PlaceOptions {
  readonly mirror?: readonly string[];
  readonly keyring?: readonly string[];
  readonly components: string;
  readonly include: string;
  readonly platform?: string;
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
}

const list = (text: string) => text.split(',').filter(part => part !== '');

export function baseCommand(program: Command): void {
  addPlaceOptions(
    program
      .command('base')
      .description('make a base image from a Debian archive, no registry asked')
      .argument('<suite>', 'the release, for example bookworm'),
  )
    .option(
      '--mirror <url>',
      'an archive, several times where its security suite lies elsewhere; default those of this system’s apt configuration',
      collect,
    )
    .option(
      '--keyring <file>',
      'keys that sign the archive; default those of this system’s apt configuration',
      collect,
    )
    .option('--components <list>', 'components, with commas', 'main')
    .option('--include <list>', 'packages to add, with commas', '')
    .option('--platform <os/arch>', 'the platform; default this machine’s')
    .option(
      '-t, --tag <ref>',
      'a name in the store; default what the archive calls itself, as debian:SUITE',
      collect,
    )
    .option(
      '-o, --output <dest>',
      'write the image: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE[:REF], docker://REF',
      collect,
    )
    .action(async (suite: string, options: BaseOptions) => {
      const platform = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform);
      const request: BaseRequest = {
        suite,
        mirrors: options.mirror ?? [],
        keyrings: options.keyring ?? [],
        components: list(options.components),
        include: list(options.include),
        architecture: debianArchitecture(platform),
      };
      const destinations = (options.output ?? []).map(parseTransport);
      const given = (options.tag ?? []).map(text => familiarReference(withDefaultTag(parseReference(text))));
      const result = await runBuild(options, async runtime => {
        const made = await baseImage(request, platform, runtime, {
          env: process.env,
          now: new Date(),
          root: '/',
        });
        for (const name of given.length > 0 ? given : [made.name]) await runtime.store.tag(name, made.image);
        for (const transport of destinations) {
          await openDestination(transport, await runtime.registry()).write(runtime.store, made.image);
          if (transport.kind === 'docker')
            await runtime.store.notePushed(made.image.digest, familiarReference(transport.reference));
        }
        return made;
      });
      const names = given.length > 0 ? given : [result.name];
      printResult(
        options,
        { image: result.image.digest, names, created: result.created, packages: result.packages },
        `${names.join(' ')}: ${result.packages.length} packages as of ${result.created}\n${result.image.digest}`,
      );
    });
}
