import type { Command } from 'commander';
import { usageError } from '../core/index.ts';
import { addProjectOptions } from './common.ts';
import { addComposePinOptions, pinCompose, type PinComposeOptions } from './pin-compose.ts';
import { pinProject, writeSourcePolicy, type PinningOptions } from './pinning.ts';
import { isCompose } from './works.ts';

interface PinCommandOptions extends PinningOptions {
  readonly diff?: boolean;
  readonly vendor?: boolean;
  readonly askRegistry?: boolean;
  readonly sourcePolicy?: string;
}

export function pinCommand(program: Command): void {
  const command = program
    .command('pin')
    .description('write the lock back into the Dockerfile or compose file, for plain `docker build`');
  addComposePinOptions(addProjectOptions(command))
    .option('-o, --output <file>', 'write the pinned Dockerfile there, and leave the Dockerfile as it is')
    .option('--dry-run', 'tell what would be written, as a diff')
    .option('--diff', 'the same as --dry-run')
    .option('--check', 'exit with 1 where something else is there than what would be written')
    .option(
      '--vendor',
      'also put scripts that are downloaded and run beside the Dockerfile, as `vendor` does',
    )
    .option(
      '--ask-registry',
      'also pin a frontend of `# syntax` that the lock holds by name alone, as its registry has it now',
    )
    .option('--source-policy <file>', 'write a source policy for BuildKit instead; - for stdout')
    .action(async (directory: string, options: PinCommandOptions & PinComposeOptions) => {
      const { sourcePolicy, vendor = false, diff = false, askRegistry = false } = options;
      const all = { ...options, dryRun: diff || options.dryRun === true };
      if (isCompose(directory, options)) return pinCompose(directory, all);
      if (sourcePolicy === undefined)
        return pinProject(directory, all, { pins: true, vendored: vendor, asksRegistry: askRegistry });
      if (vendor || options.output !== undefined)
        throw usageError('PIN_OPTIONS', '--source-policy leaves the Dockerfile as it is', {
          next: 'Leave out --vendor and --output, or pin in a call of its own.',
        });
      return writeSourcePolicy(directory, { ...all, sourcePolicy });
    });
}
