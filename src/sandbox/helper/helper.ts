import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { oneLine } from '../run-tool.ts';
import { findTools, toolEnvironment } from '../tools.ts';
import { callNumbers } from './system-calls.ts';

/** What a helper is told to do: the name of one of its program's operations, and that one's arguments. */
export type Operation = readonly [name: string, ...words: string[]];

/** A helper ended before it answered. The message is what it complained of, on one line. */
export class HelperFailed extends Error {}

/**
 * What every helper's program begins with. It is written in perl(1), of which every system has the base, since no tool of
 * util-linux makes these calls without a process for each. It reads operations from file 3, one a line, their words in
 * hexadecimal; answers to file 4; and complains to file 5.
 */
const library = String.raw`
  open(my $in, '<&=', 3) && open(my $out, '>&=', 4) && open(my $complaints, '>&=', 5) or exit(125);
  $SIG{__DIE__} = sub { syswrite($complaints, $_[0]); exit(125) };
  my %operations;
  # The arguments are copied: syscall takes no constant text.
  sub call {
    my ($what, $name, @arguments) = @_;
    syscall($number{$name}, @arguments) >= 0 or die "$what: $!\n";
  }
  sub serve {
    while (defined(my $line = <$in>)) {
      chomp($line);
      my ($name, @words) = map { pack('H*', $_) } split(/ /, $line, -1);
      $operations{$name}->(@words);
    }
  }
  # The kernel ends this process when the one that started it has ended: PR_SET_PDEATHSIG with SIGKILL.
  sub end_with_parent { call('prctl', 'prctl', 1, 9, 0, 0, 0) }

  $operations{answer} = sub { syswrite($out, "$_[0]\n") };
  $operations{directory} = sub { chdir($_[0]) or die "$_[0]: $!\n" };
  $operations{mount} = sub {
    my ($source, $target, $type, $flags, $data) = @_;
    call("mount $target", 'mount', $source, $target, $type, $flags + 0, $data);
  };
  $operations{unmount} = sub { call("unmount $_[0]", 'umount2', $_[0], 0) };`;

/** The command line of a helper. @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2) */
export function helperCommand(program: string, ...args: string[]): string[] {
  const { perl } = findTools(['perl']);
  return [perl, '-e', `my %number = (${callNumbers()});${library}${program}`, ...args];
}

/** A process that carries out operations which Node has no call for, as it is told over a pipe. */
export class Helper {
  readonly child: ChildProcess;
  readonly #instructions: Writable;
  readonly #lines: AsyncIterator<string>;
  readonly #end: Promise<readonly [number | null, NodeJS.Signals | null]>;
  #complaint = '';

  /**
   * It has a session of its own, so that an interrupt typed on the terminal reaches only this process.
   * @param command what `helperCommand` gave, or what ends in it. @param terminal its files 0 to 2.
   */
  constructor([file = '', ...args]: readonly string[], terminal: number | 'ignore' = 'ignore') {
    this.child = spawn(file, args, {
      cwd: '/',
      env: toolEnvironment,
      stdio: [terminal, terminal, terminal, 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // There are none where the program could not be started.
    const [
      ,
      ,
      ,
      instructions = new PassThrough(),
      answers = new PassThrough(),
      complaints = new PassThrough(),
    ] = this.child.stdio as (Writable | Readable | undefined)[];
    this.#instructions = instructions as Writable;
    this.#instructions.on('error', () => {});
    this.#lines = createInterface({ input: answers as Readable })[Symbol.asyncIterator]();
    complaints.on('data', (chunk: Buffer) => {
      this.#complaint += chunk.toString();
    });
    this.#end = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#end.catch(() => {});
  }

  /** @returns the line that the last of the operations answers. @throws HelperFailed where one of them failed */
  async run(operations: readonly Operation[]): Promise<string> {
    const lines = operations.map(words => words.map(word => Buffer.from(word).toString('hex')).join(' '));
    this.#instructions.write(`${lines.join('\n')}\n`);
    const line = await this.#lines.next();
    if (line.done !== true) return line.value;
    const [code, signal] = await this.#end;
    throw new HelperFailed(oneLine(this.#complaint) || `the helper ended with ${code ?? signal}`);
  }

  /** Says that no more operations come. */
  finish(): void {
    this.#instructions.end();
  }

  async end(): Promise<readonly [code: number | null, signal: NodeJS.Signals | null]> {
    return await this.#end;
  }
}
