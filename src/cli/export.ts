import { writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import {
  billFormats,
  lockedComponents,
  lockedDistribution,
  openVex,
  provenanceStatement,
  sbomDocument,
  type BillFormat,
} from '../attest/index.ts';
import { readConfiguration } from '../build/index.ts';
import type { Json } from '../core/index.ts';
import { gzipRecipe } from '../image/index.ts';
import { parseReference, withDefaultTag } from '../registry/index.ts';
import { activeHolds } from '../update/index.ts';
import { placeBeside } from './build-choice.ts';
import { exportNixCommand } from './export-nix.ts';
import { lockDate } from './lock-date.ts';
import {
  addLockedOptions,
  configurationBeside,
  lockedEntry,
  type LockedEntry,
  type LockedOptions,
} from './locked-build.ts';
import { packageUrlOf } from './outputs.ts';
import { addStoreOptions } from './store-common.ts';

interface ExportOptions extends LockedOptions {
  readonly output?: string;
  readonly tag?: string;
}

export function exportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('write a lock in the formats of others: bills of materials, provenance, VEX, Nix');
  exportSbom(command);
  exportProvenance(command);
  exportVex(command);
  exportNixCommand(command);
}

function exportSbom(program: Command): void {
  documentCommand(program, 'sbom', 'all that a build takes, as a bill of materials')
    .addOption(new Option('--format <format>', 'its format').choices(billFormats).default('cyclonedx'))
    .action(async (place: string, options: ExportOptions & { readonly format: BillFormat }) => {
      const locked = await lockedEntry(placeBeside(place, options), options);
      const { inputs } = locked;
      const { name, image, distribution, version } = factsOf(locked, options);
      const bill = {
        name,
        image,
        of: 'locked' as const,
        components: lockedComponents(inputs, distribution),
        unlocked: inputs.filter(({ section }) => section === 'unlocked').length,
        created: locked.lock.asOf,
        version,
      };
      writeDocument(sbomDocument(bill, options.format), options);
    });
}

function exportProvenance(program: Command): void {
  documentCommand(program, 'provenance', 'how the image was built, as an in-toto statement')
    .addOption(
      new Option('--mode <mode>', 'max tells the build arguments as well')
        .choices(['min', 'max'])
        .default('min'),
    )
    .action(async (place: string, options: ExportOptions & { readonly mode: string }) => {
      const locked = await lockedEntry(placeBeside(place, options), options);
      const { dockerfile, target, platform, args = {}, isolation } = locked.entry;
      const { document } = provenanceStatement({
        ...factsOf(locked, options),
        dockerfile,
        target,
        platform,
        asOf: locked.lock.asOf,
        recipes: { compression: gzipRecipe },
        ownersLost: isolation !== undefined,
        arguments: options.mode === 'max' ? args : undefined,
      });
      writeDocument(document, options);
    });
}

function exportVex(program: Command): void {
  documentCommand(program, 'vex', 'what is said of advisories by the holds of holdfast.yaml, as OpenVEX')
    .option('--config <file>', 'where the holds are; default holdfast.yaml beside the lock')
    .option('--author <name>', 'who says so', 'Unknown Author')
    .action(
      async (
        place: string,
        options: ExportOptions & { readonly config?: string; readonly author: string },
      ) => {
        const beside = placeBeside(place, options);
        const facts = factsOf(await lockedEntry(beside, options), options);
        const { holds } = await readConfiguration(options.config ?? configurationBeside(beside));
        const timestamp = lockDate(process.env, new Date());
        const { author } = options;
        writeDocument(
          openVex({ ...facts, holds: activeHolds(holds, timestamp), author, timestamp }),
          options,
        );
      },
    );
}

function documentCommand(program: Command, name: string, description: string): Command {
  return addStoreOptions(addLockedOptions(program.command(name).description(description)))
    .option('-t, --tag <ref>', 'what the image is called in the document')
    .option('-o, --output <file>', 'where to write it; default standard output');
}

function factsOf({ lock, entry, inputs }: LockedEntry, { tag }: ExportOptions) {
  return {
    name: tag === undefined ? undefined : packageUrlOf(withDefaultTag(parseReference(tag))),
    image: entry.image,
    inputs,
    distribution: lockedDistribution(lock.inputs),
    version: manifest.version,
  };
}

function writeDocument(document: Json, { output }: ExportOptions): void {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}
