import { constants } from 'node:os';
import { usageError } from '../../core/index.ts';
import { Helper, helperCommand, HelperFailed, type Operation } from '../helper/helper.ts';
import { command } from '../shell-words.ts';
import { findTools } from '../tools.ts';
import { setupProgram } from './setup-program.ts';

interface SetupOptions {
  readonly ownNetwork: boolean;
  /** The file descriptor of a terminal that the command shall have. */
  readonly terminal?: number | undefined;
}

/** linux/sched.h: CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID; CLONE_NEWNET. */
const newNamespaces = 0x2000_0000 + 0x2_0000 + 0x0400_0000 + 0x0800_0000;
const newNetwork = 0x4000_0000;

/**
 * The first process of new namespaces, which is told what to do. If this process dies it reads the end of its
 * instructions, and if this process is killed the kernel kills it.
 */
export class SetupProcess {
  readonly #helper: Helper;
  /** The id of the namespaces' first process as seen from here; known after the first phase. */
  #firstPid: number | undefined;

  constructor({ ownNetwork, terminal }: SetupOptions) {
    const flags = newNamespaces + (ownNetwork ? newNetwork : 0);
    const program = helperCommand(setupProgram, String(flags), terminal === undefined ? '0' : '1');
    this.#helper = terminal === undefined ? new Helper(program) : new Helper(inTerminal(program), terminal);
  }

  /** Stops everything in the namespaces. Killing their first process kills all, and waits for all. */
  kill(): void {
    const { child } = this.#helper;
    if (this.#firstPid === undefined) child.kill('SIGKILL');
    else if (child.exitCode === null && child.signalCode === null) killProcess(this.#firstPid);
  }

  /** The first phase. @returns a process whose root directory, below /proc, is what the new mount namespace sees */
  async begin(operations: readonly Operation[]): Promise<number> {
    this.#firstPid = Number(await this.#run([...operations, ['pid']]));
    return this.#firstPid;
  }

  /**
   * Carries out the last operations, of which one answers when the command has been started.
   * @throws HoldfastError SANDBOX_SETUP_FAILED (exit 2)
   */
  async finish(operations: readonly Operation[]): Promise<void> {
    const answer = this.#run(operations);
    this.#helper.finish();
    await answer;
  }

  /** As a shell gives it: 128 + n where signal n ended it. */
  async end(): Promise<number> {
    const [code, signal] = await this.#helper.end();
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  }

  async #run(operations: readonly Operation[]): Promise<string> {
    try {
      return await this.#helper.run(operations);
    } catch (error) {
      if (!(error instanceof HelperFailed)) throw error;
      throw usageError('SANDBOX_SETUP_FAILED', `cannot set up the sandbox of a step: ${error.message}`, {
        next: 'Run the command again; if it stays, report it with the output of `uname -r`.',
      });
    }
  }
}

/**
 * A terminal of its own for the command, whose input and output script(1) passes on. With the user's it could type
 * into the shell that this program was started from (TIOCSTI).
 */
function inTerminal(program: readonly string[]): string[] {
  const { setpriv, script } = findTools(['setpriv', 'script']);
  const shared = ['--quiet', '--return', '--command', `exec ${command(...program)}`, '/dev/null'];
  return [setpriv, '--pdeathsig', 'KILL', script, ...shared];
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
    return;
  }
}
