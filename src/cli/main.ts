import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { usageError } from '../core/index.ts';
import { errorJson, errorText, exitCodeOf } from '../report/index.ts';
import { baseCommand } from './base.ts';
import { buildCommand } from './build.ts';
import { explainCommand } from './explain.ts';
import { lockCommand } from './lock.ts';
import { verifyCommand } from './verify.ts';

/** Runs the program and sets the exit code. `args` are those after the program's name. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : 2;
      return;
    }
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(thrown))}\n`);
    process.stderr.write(errorText(thrown));
    process.exitCode = exitCodeOf(thrown);
  }
}

function program(): Command {
  const command = new Command('holdfast')
    .description(
      'A lockfile for Dockerfiles: what a build takes from the network is recorded once and replayed.',
    )
    .version(version(), '-V, --version')
    .exitOverride()
    .showHelpAfterError('(try --help)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodeHelp);
  for (const add of [lockCommand, buildCommand, verifyCommand, explainCommand, baseCommand]) add(command);
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

const exitCodeHelp = `
Exit codes: 0 done, 1 findings or drift, 2 wrong usage or configuration, 3 the lock is stale or lacks an entry,
4 a byte does not match its digest, 5 upstream cannot be reached, 6 a build step failed.`;

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw usageError('INSTALLATION_DAMAGED', 'package.json of Holdfast names no version', {
    next: 'Install it again.',
  });
}
