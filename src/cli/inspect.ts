import type { Command } from 'commander';
import { hostPlatform, parsePlatform, usageError, type Platform } from '../core/index.ts';
import { imageSummary, sameImage, type Identity } from '../image/index.ts';
import { openCopySource, readImage, type CopySource, type RegistryClient } from '../registry/index.ts';
import { printable } from '../report/index.ts';
import { hostsOf, namedPlace } from './named-place.ts';
import { addOneRegistryOptions, withRegistry, type OneRegistryOptions } from './one-registry.ts';
import { printJsonOrText } from './print.ts';

interface InspectOptions extends OneRegistryOptions {
  readonly raw?: boolean;
  readonly config?: boolean;
  readonly identity?: boolean;
  readonly tags?: boolean;
  readonly platform?: string;
}

export function inspectCommand(program: Command): void {
  addOneRegistryOptions(
    program
      .command('inspect')
      .description('what an image is, as JSON; or with --identity whether two names stand for the same image')
      .argument('<image>', 'a reference, or a place as copy takes it')
      .argument('[other]', 'with --identity the other image')
      .option('--raw', 'the manifest or index, byte for byte; with --config the configuration')
      .option('--config', 'the configuration')
      .option(
        '--identity',
        'compare configuration and layers of two images, these by their bytes; exit 1 if they differ',
      )
      .option('-n, --no-tags', 'do not list the tags of the repository')
      .option(
        '--platform <os/arch>',
        'of an index the image for this platform; default this machine’s, and with --identity every one',
      )
      .option('--json', 'the result as JSON on stdout; without --identity it is always'),
  ).action(async (name: string, other: string | undefined, options: InspectOptions) => {
    const places = [name, ...(other === undefined ? [] : [other])].map(namedPlace);
    if ((options.identity === true) !== (other !== undefined)) {
      throw usageError('INSPECT_ARGUMENTS', 'two images are for --identity, and --identity is for two', {
        next: 'Write `holdfast inspect IMAGE`, or `holdfast inspect --identity IMAGE OTHER`.',
      });
    }
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
    await withRegistry(options, places.flatMap(hostsOf), async client => {
      const opened: CopySource[] = [];
      try {
        for (const place of places)
          opened.push(await openCopySource(place, { client, environment: process.env }));
        const [a, b] = opened;
        if (a && b) return printIdentity(options, await sameImage(a, b, platform));
        if (a) return await printImage(a, platform ?? hostPlatform(), options, client);
      } finally {
        for (const source of opened) await source.close?.();
      }
    });
  });
}

async function printImage(
  source: CopySource,
  platform: Platform,
  options: InspectOptions,
  client: () => Promise<RegistryClient>,
): Promise<void> {
  if (options.config === true) {
    const { config } = await readImage(source, platform);
    const shown =
      options.raw === true ? config : `${JSON.stringify(JSON.parse(config.toString()), undefined, 2)}\n`;
    process.stdout.write(shown);
    return;
  }
  if (options.raw === true) {
    process.stdout.write((await source.root()).bytes);
    return;
  }
  const { repository } = source;
  const tags: string[] = [];
  const listed = repository !== undefined && options.tags !== false;
  if (listed) for await (const tag of (await client()).tags(repository)) tags.push(tag);
  printJsonOrText({ json: true }, await imageSummary(source, platform, listed ? tags : undefined), '');
}

function printIdentity(options: InspectOptions, identity: Identity): void {
  printJsonOrText(options, identity, identityText(identity));
  if (!identity.same) process.exitCode = 1;
}

function identityText({ same, a, b, reasons, platforms }: Identity): string {
  const lines = [same ? 'the same image' : 'not the same image'];
  for (const { name, digest, mediaType } of [a, b]) lines.push(`  ${name}`, `    ${digest} ${mediaType}`);
  for (const reason of reasons) lines.push(`- ${reason}`);
  for (const one of platforms) {
    const mark = one.same ? 'the same' : 'not the same';
    lines.push(`- ${one.platform}: ${mark}`, ...one.reasons.map(reason => `    ${reason}`));
  }
  return lines.map(printable).join('\n');
}
