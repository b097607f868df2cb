import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { errorJson, errorText, exitCodeOf } from '../report/index.ts';
import { goArguments } from './go-arguments.ts';

/** Adds a command to the program. Each is loaded when it is asked for: what it needs takes longer to load than to run. */
type AddCommand = (program: Command) => void;

const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  lock: async () => (await import('./lock.ts')).lockCommand,
  build: async () => (await import('./build.ts')).buildCommand,
  executor: async () => (await import('./executor.ts')).executorCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  test: async () => (await import('./test.ts')).testCommand,
  hold: async () => (await import('./hold.ts')).holdCommand,
  revert: async () => (await import('./revert.ts')).revertCommand,
  outdated: async () => (await import('./outdated.ts')).outdatedCommand,
  update: async () => (await import('./update.ts')).updateCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  pin: async () => (await import('./pin.ts')).pinCommand,
  vendor: async () => (await import('./vendor.ts')).vendorCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  store: async () => (await import('./store.ts')).storeCommand,
  copy: async () => (await import('./copy.ts')).copyCommand,
  sync: async () => (await import('./sync.ts')).syncCommand,
  inspect: async () => (await import('./inspect.ts')).inspectCommand,
  tags: async () => (await import('./tags.ts')).tagsCommand,
  delete: async () => (await import('./delete.ts')).deleteCommand,
  base: async () => (await import('./base.ts')).baseCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  rules: async () => (await import('./rules.ts')).rulesCommand,
};

/** Runs the program and sets the exit code. `args` are those after the program's name. */
export async function main(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  try {
    const command = await program(args[0]);
    const own = command.commands.find(one => one.name() === args[0]);
    await command.parseAsync(own ? goArguments(args, own) : args, { from: 'user' });
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

/** Who reads only the first lines (`| head`) has what they want; the exit code says how it ended all the same. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** The program with the command of that name alone, or with all, to tell of them. */
async function program(name = ''): Promise<Command> {
  const command = new Command('holdfast')
    .description(
      'A lockfile for Dockerfiles: what a build takes from the network is recorded once and replayed.',
    )
    .version(manifest.version, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(try --help)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodeHelp);
  // The version is asked for by programs, which wait for it.
  if (name === '-V' || name === '--version') return command;
  const asked = Object.hasOwn(commands, name) ? [commands[name]] : Object.values(commands);
  for (const load of asked) (await load?.())?.(command);
  overrideExits(command);
  return command;
}

function overrideExits(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride();
    overrideExits(sub);
  }
}

const exitCodeHelp = `
Exit codes: 0 done, 1 findings or drift, 2 wrong usage or configuration, 3 the lock is stale or lacks an entry,
4 a byte does not match its digest, 5 upstream cannot be reached, 6 a build step failed.`;
