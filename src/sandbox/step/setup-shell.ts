import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { usageError } from '../../core/index.ts';
import { oneLine } from '../run-tool.ts';
import { toolEnvironment, type Tools } from '../tools.ts';

export interface ShellEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ShellOptions {
  readonly ownNetwork: boolean;
  /** A file descriptor that the shell shall have as `terminalFile`. */
  readonly terminal?: number | undefined;
}

/** What the shell knows the terminal by. */
export const terminalFile = 5;

/**
 * A shell of the host, the first process of new namespaces, that is told over a pipe what to do. Its stdin is its
 * script: if this process dies it reads the end, and if this process is killed the kernel kills it.
 * It has a session of its own, so that an interrupt typed on the terminal reaches only this process.
 */
export class SetupShell {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #end: Promise<ShellEnd>;
  #complaint = '';
  /** The shell's id as seen from here; known after the first phase. */
  #shellPid: number | undefined;

  /** @param cwd the shell's working directory. */
  constructor(tools: Tools, cwd: string, { ownNetwork, terminal }: ShellOptions) {
    const network = ownNetwork ? ['--net'] : [];
    const namespaces = ['--mount', '--propagation=private', '--uts', '--ipc', ...network, '--pid'];
    const inside = [tools.unshare, ...namespaces, '--fork', '--kill-child=KILL', '--', tools.sh];
    // Without address space randomisation, programs that print or sort by addresses do so alike every time.
    const fixed = [tools.setarch, '--addr-no-randomize', ...inside];
    this.#child = spawn(tools.setpriv, ['--pdeathsig', 'KILL', ...fixed], {
      cwd,
      env: toolEnvironment,
      stdio: [
        'pipe',
        'pipe',
        'pipe',
        ...(terminal === undefined ? [] : ['ignore' as const, 'ignore' as const, terminal]),
      ],
      detached: true,
    }) as ChildProcessWithoutNullStreams;
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint += chunk.toString();
    });
    this.#end = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.#end.catch(() => {});
  }

  /** A process in the new mount and network namespaces, with the host's root until the shell leaves it. */
  get pid(): number {
    return this.#child.pid as number;
  }

  /** Stops everything in the namespaces. The shell is their first process: killing it kills all, and waits for all. */
  kill(): void {
    if (this.#shellPid === undefined) this.#child.kill('SIGKILL');
    else if (this.#child.exitCode === null && this.#child.signalCode === null) killProcess(this.#shellPid);
  }

  /** Starts the first phase: any failing command ends the shell. */
  async begin(commands: readonly string[]): Promise<void> {
    this.#shellPid = Number(
      await this.#run([
        'set -e',
        'umask 022',
        ...commands,
        'read -r pid rest </proc/self/stat',
        'echo "$pid"',
      ]),
    );
  }

  /**
   * Runs the last commands, of which one prints a line to the shell's stdout when the setup is done.
   * @throws HoldfastError SANDBOX_SETUP_FAILED (exit 2)
   */
  async finish(commands: readonly string[]): Promise<void> {
    const line = this.#run(commands);
    this.#child.stdin.end();
    await line;
  }

  async end(): Promise<ShellEnd> {
    return await this.#end;
  }

  async #run(commands: readonly string[]): Promise<string> {
    this.#child.stdin.write(`${commands.join('\n')}\n`);
    const line = await this.#lines.next();
    if (line.done !== true) return line.value;
    await this.#end;
    throw usageError(
      'SANDBOX_SETUP_FAILED',
      `cannot set up the sandbox of a step: ${oneLine(this.#complaint)}`,
      {
        next: 'Run the command again; if it stays, report it with the output of `uname -r` and `mount --version`.',
      },
    );
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
    return;
  }
}

/** A word that a POSIX shell reads as exactly this text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function command(...words: readonly string[]): string {
  return words.map(quoted).join(' ');
}
