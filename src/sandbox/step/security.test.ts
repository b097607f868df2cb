import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { arch } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  commandAs,
  runnerCommand,
  runOne,
  type Account,
  type StepOutcome,
  testAccounts,
} from '../testing/steps.ts';

/** System calls by number, on the two machines that tests run on: x86-64, and the others' common table. */
const number = (x64: number, generic: number) => (arch() === 'x64' ? x64 : generic);

/** A step with a program in Perl, which can make any system call. */
const perl = (account: Account, program: string, more: object = {}): Promise<StepOutcome> =>
  runOne(account, { script: `perl - <<'END'\n${program}\nEND`, ...more });

/** What only the machine's own processes may see: made beforehand by the account that runs the step. */
async function stepBeside(
  account: Account,
  before: string,
  program: string,
): Promise<[outside: string, StepOutcome]> {
  const [step, ...stepArgs] = runnerCommand({ ...account, prefix: [] }, [
    { script: `perl - <<'END'\n${program}\nEND` },
  ]);
  const script = `${before}\nsystem { "perl" } "perl", "-e", $ARGV[0]; shift; exec { $ARGV[0] } @ARGV;`;
  const beside = commandAs(account.prefix).slice(0, -1);
  const [file = 'perl', ...args] = [...beside, 'perl', '-e', script, program, step, ...stepArgs];
  const child = spawn(file, args, { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await text(child.stdout);
  const at = output.indexOf('{"stdout"');
  return [output.slice(0, at), JSON.parse(output.slice(at)) as StepOutcome];
}

describe.each(testAccounts())('what a step of $name cannot reach', account => {
  test('the keys of whoever builds, whoever’s they are', async () => {
    const add = number(248, 217);
    const keyctl = number(250, 219);
    const [outside, step] = await stepBeside(
      account,
      `my ($t, $d, $p) = ("user\\0", "holdfast-canary\\0", "canary"); for (-3, -4) { syscall(${add}, $t, $d, $p, 6, $_) }
       $| = 1;`,
      `for my $ring (-2, -3, -4, -5) {
         my ($t, $d, $b) = ("user\\0", "holdfast-canary\\0", "\\0" x 9);
         my $id = syscall(${keyctl}, 10, $ring, $t, $d, 0);
         print $id > 0 ? "found\\n" : "refused\\n";
       }
       my ($t, $d, $p) = ("user\\0", "left\\0", "x");
       print syscall(${add}, $t, $d, $p, 1, -4) > 0 ? "left\\n" : "none\\n";`,
    );
    expect(outside).toContain('found');
    expect(step.stdout).toBe('refused\nrefused\nrefused\nrefused\nnone\n');
  });

  test('the kernel’s log, measuring, programs, handles and the machine’s own hypervisor', async () => {
    const calls = [
      number(103, 116), // syslog
      number(321, 280), // bpf
      number(298, 241), // perf_event_open
      number(323, 282), // userfaultfd
      number(304, 265), // open_by_handle_at
      425, // io_uring_setup
      number(246, 104), // kexec_load
    ];
    const x32 = arch() === 'x64' ? calls.map(call => call + 0x4000_0000) : [];
    const { stdout } = await perl(
      account,
      `for (${[...calls, ...x32].join(',')}) { print syscall($_, 3, 0, 0, 0, 0), $! + 0, " " }
       print "\\n", (socket(S, 40, 1, 0) ? "open" : $! + 0), " ", (socket(S, 2, 1, 0) ? "open" : $! + 0);`,
    );
    expect(stdout).toBe(`${'-11 '.repeat(calls.length + x32.length)}\n1 open`);
  });

  test('the first process: not to trace, and not to end', async () => {
    const { stdout } = await perl(
      account,
      `print syscall(${number(101, 117)}, 16, 1, 0, 0), $! + 0, "\\n"; # ptrace: attach
       kill "KILL", 1; select undef, undef, undef, 0.1; print -e "/proc/1" ? "alive\\n" : "gone\\n";`,
    );
    expect(stdout).toBe('-11\nalive\n');
  });

  test('sockets and memory of the machine’s processes', async () => {
    const name = `holdfast-canary-${process.pid}`;
    const [outside, step] = await stepBeside(
      account,
      `use Socket; $| = 1; $^F = 100;
       socket(L, PF_UNIX, SOCK_STREAM, 0); bind(L, sockaddr_un("\\0${name}")); listen(L, 5);
       my $m = shmget(4711, 64, 0600 | 01000); END { shmctl($m, 0, 0) }`,
      `use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0);
       print connect(S, sockaddr_un("\\0${name}")) ? "connected" : "refused", defined shmget(4711, 64, 0) ? " shared\\n" : " none\\n";`,
    );
    execFileSync('perl', ['-e', 'my $m = shmget(4711, 64, 0); shmctl($m, 0, 0) if defined $m']);
    expect(outside).toBe('connected shared\n');
    expect(step.stdout).toBe('refused none\n');
  });

  test('control groups, by any of the ways out', async () => {
    const { stdout } = await runOne(account, {
      script: `
        mkdir /tmp/cg; ls -A /sys/fs/cgroup
        for type in cgroup cgroup2; do
          mount -t $type none /tmp/cg 2>/dev/null && echo mounted
          unshare -Urm mount -t $type none /tmp/cg 2>/dev/null && echo mounted in a user namespace
        done
        mkdir /sys/fs/cgroup/own 2>/dev/null && echo made
        perl -e 'opendir D, "/proc/self/ns"; print scalar(grep { /^cgroup$/ } readdir D), "\\n"'`,
    });
    expect(stdout).toBe('1\n');
  });

  test('a device, also where it mounts over what makes nodes inert', async () => {
    const { stdout } = await runOne(account, {
      script: `
        for dir in /tmp /dev /dev/shm; do
          mknod $dir/mem c 1 5 2>/dev/null || continue
          unshare -Urm sh -c "mount -o remount,bind,dev $dir; cat $dir/mem" 2>/dev/null | perl -e 'print read(STDIN, $b, 1)'
          mount -o remount,dev $dir 2>/dev/null && echo remounted
        done; echo end`,
    });
    expect(stdout).toMatch(/^0{0,3}end\n$/);
  });

  test('root of the machine, by files that set the user id', async () => {
    const script = `
      cp /bin/perl /tmp/su && chmod 4755 /tmp/su
      cat >/tmp/p <<'END'
print "$> ", (open(F, "+<", "/proc/sys/kernel/core_pattern") ? "host" : "step"), "\\n";
END
      unshare --setuid 1000 --setgid 1000 /tmp/su /tmp/p`;
    const { stdout, stderr } = await runOne(account, { script });
    expect([stdout, stderr]).toEqual(['0 step\n', '']);
  });

  test('what it leaves running, detached and in namespaces of its own, is gone', async () => {
    const marker = `${process.pid}${String(account.prefix.length)}77`;
    const { stdout } = await perl(
      account,
      `use POSIX; for (1 .. 3) { unless (fork) { setsid(); exec "sleep", "${marker}" unless fork; POSIX::_exit(0) } }
       system "unshare -Urpf --mount-proc sleep ${marker} &"; select undef, undef, undef, 0.3; print "done\\n";`,
    );
    expect(stdout).toBe('done\n');
    await sleep(50);
    const list = spawn('ps', ['-eo', 'args'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const processes = text(list.stdout);
    await once(list, 'close');
    expect((await processes).split('\n').filter(line => line === `sleep ${marker}`)).toEqual([]);
  });
});
