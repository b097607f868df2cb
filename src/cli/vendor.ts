import type { Command } from 'commander';
import { addProjectOptions } from './common.ts';
import { pinProject, refreshScripts, type PinningOptions } from './pinning.ts';

export function vendorCommand(program: Command): void {
  addProjectOptions(
    program
      .command('vendor')
      .description(
        'put scripts that a build downloads and runs beside the Dockerfile, to be read and copied',
      ),
  )
    .option('-o, --output <file>', 'write the changed Dockerfile there, and leave the Dockerfile as it is')
    .option('--dry-run', 'tell what would be written, as a diff')
    .option('--check', 'exit with 1 where something else is there than what would be written')
    .option('--refresh', 'take scripts that were vendored before from their URLs anew, and show what changed')
    .action(async (directory: string, options: PinningOptions & { readonly refresh?: boolean }) => {
      if (options.refresh === true) await refreshScripts(directory, options);
      else await pinProject(directory, options, { pins: false, vendored: true });
    });
}
