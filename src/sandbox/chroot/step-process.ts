import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { arch } from 'node:os';
import { usageError } from '../../core/index.ts';
import { hasCapability } from '../own-capabilities.ts';
import { underFilter } from '../step/seccomp.ts';
import { command } from '../shell-words.ts';
import type { StepUser } from '../users.ts';
import { findTools, toolEnvironment } from '../tools.ts';

export interface StepProcess {
  readonly root: string;
  /** Inside of the root, without symbolic links. */
  readonly cwd: string;
  readonly user: StepUser;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it keeps all capabilities that this process has. */
  readonly insecure: boolean;
  readonly stdio: readonly [stdin: number, stdout: number, stderr: number];
  /** Whether these are a terminal's. */
  readonly isTerminal: boolean;
}

/** The numbers of prctl(2), capget(2) and capset(2). */
const calls: Readonly<Record<string, readonly [prctl: number, capget: number, capset: number]>> = {
  x64: [157, 125, 126],
  arm64: [167, 90, 91],
  riscv64: [167, 90, 91],
  loong64: [167, 90, 91],
};

/**
 * By the numbers of capabilities(7): Docker's defaults without SYS_CHROOT, with which a step could leave its root, and
 * MKNOD, with which it could make itself a device of the host. This program has both, so that a step may not look into
 * its memory either (ptrace(2), "Ptrace access mode checking").
 */
const capabilities = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 29, 31];

/**
 * What is between this program and a step's command, in perl(1) as no tool of util-linux could do it: to give up the
 * right to change roots after the root was changed, inside of it, where none of the host's programs is.
 *
 * It reads what to do from file 3, where no other user sees it. The parent becomes the one that the step's orphans
 * fall to (PR_SET_CHILD_SUBREAPER); when the command has ended, or when it is told to end, it kills all that
 * are left, and then ends as the command did.
 */
const program = String.raw`
  my ($prctl, $capget, $capset) = map { $_ + 0 } splice(@ARGV, 0, 3);
  open(my $in, '<&=', 3) or die "file 3: $!\n";
  my @given = do { local $/; split(/\0/, <$in>, -1) };
  close($in);
  my ($root, $cwd, $uid, $gid, $groups, $keep, $variables, $own) = splice(@given, 0, 8);
  my @environment = splice(@given, 0, $variables);
  syscall($prctl, 36, 1, 0, 0, 0) == 0 or die "prctl: $!\n";
  my $child = fork();
  defined $child or die "fork: $!\n";

  if ($child == 0) {
    $SIG{__DIE__} = sub { print STDERR "holdfast: cannot enter the step's root: $_[0]"; exit 125 };
    setpgrp(0, 0) if $own;
    my ($header, $data) = (pack('L l', 0x20080522, 0), "\0" x 24);
    syscall($capget, $header, $data) == 0 or die "capget: $!\n";
    my @sets = unpack('L6', $data);
    $data = pack('L6', @sets[0, 1], 0, @sets[3, 4], 0);
    syscall($capset, $header, $data) == 0 or die "capset: $!\n";
    syscall($prctl, 47, 4, 0, 0, 0);
    if ($keep ne 'all') {
      my %kept = map { $_ => 1 } split(/,/, $keep);
      for my $capability (0 .. 63) {
        last if syscall($prctl, 23, $capability, 0, 0, 0) < 0;
        next if $kept{$capability};
        syscall($prctl, 24, $capability, 0, 0, 0) == 0 or die "bounding set: $!\n";
      }
    }
    chroot($root) && chdir($cwd) or die "$root: $!\n";
    $) = join(' ', $gid, split(/,/, $groups));
    $( = $gid;
    ($<, $>) = ($uid, $uid);
    $< == $uid && $> == $uid && $( == $gid && $) == $gid or die "ids: $!\n";
    umask(022);
    # One by one: a hash would hand them over in another order each time.
    %ENV = ();
    /^([^=]*)=(.*)$/s and $ENV{$1} = $2 for @environment;
    $SIG{__DIE__} = 'DEFAULT';
    exec { $given[0] } @given;
    my $error = $! + 0;
    print STDERR "holdfast: cannot run \"$given[0]\": $!\n";
    exit($error == 2 ? 127 : 126);
  }

  sub end_all {
    for (;;) {
      opendir(my $processes, '/proc') or die "/proc: $!\n";
      for my $pid (grep { /^\d+$/ } readdir($processes)) {
        open(my $stat, '<', "/proc/$pid/stat") or next;
        my $line = <$stat>;
        kill(9, $pid) if defined $line && $line =~ /^\d+ \(.*\) \S (\d+)/s && $1 == $$;
      }
      my $ended;
      while (($ended = waitpid(-1, 1)) > 0) { $? == 0 or 1 }
      last if $ended < 0;
      select(undef, undef, undef, 0.002);
    }
  }
  open(STDOUT, '>', '/dev/null');
  open(STDERR, '>', '/dev/null');
  $SIG{$_} = 'IGNORE' for qw(INT HUP QUIT PIPE);
  $SIG{TERM} = sub { end_all(); exit(143) };
  my $status = 0;
  for (;;) {
    my $ended = waitpid(-1, 0);
    $status = $?, last if $ended == $child;
  }
  $SIG{TERM} = 'IGNORE';
  end_all();
  exit($status & 127 ? 128 + ($status & 127) : $status >> 8)`;

/**
 * Starts a command in a root of its own. When the process that is returned has ended, everything that the command
 * started has; so it will if it gets SIGTERM, or if this program is killed.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2)
 */
export function startStep(step: StepProcess): ChildProcess {
  const { setpriv, perl } = findTools(['setpriv', 'perl']);
  const numbers = calls[arch()];
  if (numbers === undefined) throw unknownMachine();
  const reaper = [setpriv, '--pdeathsig', 'TERM', perl, '-e', program, ...numbers.map(String)];
  // In a container the filter is the container's own; without CAP_SYS_ADMIN none could be set that lets su(1) work.
  const filtered =
    step.insecure || !hasCapability('sys_admin') ? reaper : [...underFilter({ perl }), ...reaper];
  const [file = '', ...args] = step.isTerminal ? inTerminal(filtered) : filtered;
  const child = spawn(file, args, {
    cwd: '/',
    env: toolEnvironment,
    stdio: [...step.stdio, 'pipe'],
    detached: true,
  });
  const instructions = child.stdio[3];
  if (instructions === null || instructions === undefined || !('end' in instructions))
    throw new TypeError('a pipe can be written to');
  instructions.on('error', () => {});
  instructions.end(Buffer.from(fieldsOf(step).join('\0')));
  return child;
}

function fieldsOf({ root, cwd, user, argv, environment, insecure, isTerminal }: StepProcess): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [
    root,
    cwd,
    String(user.uid),
    String(user.gid),
    user.groups.join(','),
    insecure ? 'all' : capabilities.join(','),
    String(variables.length),
    // A group of its own, lest a signal to the group ends the parent; but a terminal has one group in front.
    isTerminal ? '' : '1',
    ...variables,
    ...argv,
  ];
}

/** As in other sandboxes: with the user's own terminal the step could type into the shell behind it. */
function inTerminal(words: readonly string[]): string[] {
  const { script } = findTools(['script']);
  return [script, '--quiet', '--return', '--command', `exec ${command(...words)}`, '/dev/null'];
}

/** How a process ended, as a shell gives it. */
export async function exitCodeOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? 'SIGKILL';
}

function unknownMachine(): Error {
  return usageError(
    'SANDBOX_UNAVAILABLE',
    `build steps cannot be isolated on ${arch()}: its system calls are not known`,
    { next: 'Build on x86-64, ARM64, RISC-V or LoongArch.' },
  );
}
