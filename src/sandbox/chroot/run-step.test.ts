import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSandbox, type Step } from '../index.ts';
import {
  type Account,
  removeTree,
  runnerCommand,
  runOne,
  runSteps,
  type StepOutcome,
  type StepRequest,
} from '../testing/steps.ts';
import { makeTinyRootfs } from '../testing/tiny-rootfs.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('skipped: steps with chroot alone; they need root');

/** A network of its own, with an address that is not the loopback's. */
const inNetwork = 'ip link set lo up && ip address add 10.9.8.7/32 dev lo && exec "$@"';
const account: Account = {
  name: 'root',
  prefix: ['unshare', '--net', 'sh', '-c', inNetwork, 'sh'],
  isolation: 'chroot',
};

/** The directories that files were laid in are looked at as well, and found to be as they were. */
const looked = ['etc'];

const cases: readonly (readonly [
  name: string,
  request: StepRequest,
  check: (outcome: StepOutcome) => void,
])[] = [
  [
    'a step that does nothing leaves nothing',
    {},
    outcome => expect(outcome).toMatchObject({ exitCode: 0, changes: looked, stderr: '' }),
  ],
  [
    'changes alone are in the upper directory',
    { script: 'mkdir /srv && echo 1 >/srv/a && rm -r /home && ln /srv/a /srv/b' },
    ({ changes }) => expect(changes).toEqual([...looked, 'home', 'srv', 'srv/a', 'srv/b']),
  ],
  [
    'the next step finds nothing of the one before',
    { script: 'ls -d /srv /home /opt/real' },
    ({ stdout }) => expect(stdout).toBe('/home\n/opt/real\n'),
  ],
  [
    'user, groups, working directory, umask',
    { script: 'id; pwd; umask', step: { user: 'app', cwd: '/link' } },
    ({ stdout }) =>
      expect(stdout).toMatch(/^uid=1000\S* gid=1000\S* groups=1000\S*,44\S*,50\S*\n\/opt\/real\n0022\n$/),
  ],
  [
    'the environment is exact and in the order given, what steers the loader included',
    {
      step: {
        argv: ['env'],
        env: { PATH: '/bin', 'ODD.name': "it's $x\n`y`", EMPTY: '', LD_LIBRARY_PATH: '/x' },
        user: 'app',
      },
    },
    ({ stdout }) =>
      expect(stdout).toBe("HOME=/home/app\nPATH=/bin\nODD.name=it's $x\n`y`\nEMPTY=\nLD_LIBRARY_PATH=/x\n"),
  ],
  [
    'output can be opened again, by any user',
    { script: 'echo a >/dev/stdout; echo b >/dev/stderr', step: { user: '1234' } },
    ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['a\n', 'b\n']),
  ],
  ['input is empty', { script: 'read x; echo "$? $x"' }, ({ stdout }) => expect(stdout).toBe('1 \n')],
  ['the exit code is the command’s', { script: 'exit 42' }, ({ exitCode }) => expect(exitCode).toBe(42)],
  [
    'a signal gives 128 and its number',
    { script: 'kill -TERM $$' },
    ({ exitCode }) => expect(exitCode).toBe(143),
  ],
  [
    'a signal to its group is the step’s own',
    { script: 'trap "" TERM; kill -TERM 0; echo on' },
    ({ stdout }) => expect(stdout).toBe('on\n'),
  ],
  [
    'a missing command is 127',
    { step: { argv: ['nope'] } },
    ({ exitCode, stderr }) =>
      expect([exitCode, stderr]).toEqual([
        127,
        'holdfast: cannot run "nope": executable file not found in $PATH\n',
      ]),
  ],
  [
    'a file that is not executable is 126',
    { step: { argv: ['/etc/passwd'] } },
    ({ exitCode }) => expect(exitCode).toBe(126),
  ],
  [
    'neither the right to change roots nor to make devices',
    {
      script: `perl -e 'mkdir "/tmp/x"; chroot("/tmp/x") or print "$!\\n"'; mknod /tmp/disk b 254 0; unshare -U true; mount -t tmpfs x /tmp; true`,
    },
    ({ stdout, stderr, changes }) => {
      expect(stdout).toBe('Operation not permitted\n');
      expect(stderr.match(/Operation not permitted/g)).toHaveLength(2);
      expect(stderr).toMatch(/mount: .*permission denied/);
      expect(changes).toEqual([...looked, 'tmp', 'tmp/x']);
    },
  ],
  [
    'devices of its own, and nothing of /proc but the machine’s size',
    {
      script:
        'chmod 600 /dev/null; echo /dev/*; ls /proc/[0-9]* /proc/self 2>&1; cat /proc/mounts; touch /dev/x /proc/x',
    },
    ({ stdout, changes }) => {
      expect(stdout).toMatch(/^(\/dev\/(full|null|random|shm|stderr|stdin|stdout|tty|urandom|zero)\s){10}/);
      expect(stdout).toMatch(
        /'\/proc\/\[0-9\]\*': No such file[^]*\/proc\/self': No such[^]*rootfs \/ rootfs/,
      );
      expect(changes).toEqual(looked);
    },
  ],
  [
    'mounts are copies that go with the step',
    {
      script:
        'cat /mnt/bind/f /run/secret; echo x >/mnt/bind/g; echo y >/mnt/tmp/h; echo new >/cache/sub/kept; rm /cache/old; ls -ld /cache /mnt/tmp /run/secret',
      mounts: [
        { type: 'layers', target: '/mnt/bind', files: { f: 'bound\n' }, writes: 'discarded' },
        { type: 'layers', target: '/cache', files: { old: '1', 'sub/same': '2' }, writes: 'kept' },
        { type: 'tmpfs', target: '/mnt/tmp' },
        { type: 'file', target: '/run/secret', content: 'hush\n', mode: 0o440, uid: 33 },
      ],
    },
    ({ stdout, changes, kept }) => {
      expect(stdout).toMatch(/^bound\nhush\n\S+ .* \/cache\ndrwxrwxrwt .* \/mnt\/tmp\n-r--r----- 1 +33 /);
      expect(kept).toEqual(['1/old', '1/sub', '1/sub/kept']);
      expect(changes).toEqual(looked);
    },
  ],
  [
    'a part of layers, and a socket',
    {
      script: `echo more >/part/deep/two; perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0);
        connect(S, sockaddr_un("/run/agent.sock")) or die $!; syswrite(S, "hello\\n"); print scalar <S>'`,
      mounts: [
        {
          type: 'layers',
          target: '/part',
          source: '/a',
          files: { 'a/deep/one': '1', b: '2' },
          writes: 'kept',
        },
        { type: 'socket', target: '/run/agent.sock' },
      ],
    },
    ({ stdout, kept, changes, stderr }) => {
      expect([stdout, stderr]).toEqual(['hello\n', '']);
      expect(kept).toEqual(['0/a', '0/a/deep', '0/a/deep/two']);
      expect(changes).toEqual(looked);
    },
  ],
  [
    'files that are laid under it go, and what it changes of them stays',
    {
      script: 'cat /run/x/file; echo changed >/etc/passwd',
      step: {
        files: [
          { path: '/run/x/file', content: 'laid\n' },
          { path: '/etc/passwd', content: 'laid\n' },
          { path: '/etc/group', content: 'laid\n' },
        ],
      },
    },
    ({ stdout, changes, injected }) => {
      expect(stdout).toBe('laid\n');
      expect(changes.filter(path => path.endsWith('passwd') || path.startsWith('run'))).toEqual([
        'etc/passwd',
      ]);
      expect(injected).toEqual(expect.arrayContaining(['/etc/group', '/run', '/run/x', '/run/x/file']));
    },
  ],
  [
    'the gateway is at the step’s own address, which resolv.conf names',
    {
      script: `address=$(perl -ne 'print $1 if /nameserver (.*)/' /etc/resolv.conf); echo $address; perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in(80, inet_aton(shift))) or die $!; print <S>' $address`,
      gateway: true,
    },
    ({ stdout }) => expect(stdout).toMatch(/^127\.64\.0\.1\ngateway 127\.64\.0\.1:80 127\./),
  ],
  [
    'a connection past the gateway fails the step, of whatever user',
    {
      script: `perl -MSocket -e 'socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(81, INADDR_ANY)) or die $!; listen(L, 1); socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in(81, inet_aton("10.9.8.7"))) or die $!; select(undef, undef, undef, 0.3)'`,
      gateway: true,
      step: { user: '0' },
    },
    ({ error, stderr }) => expect([error, stderr]).toEqual(['SANDBOX_BYPASSED', '']),
  ],
  [
    'but not one to itself',
    {
      script: `perl -MSocket -e 'socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(8081, INADDR_ANY)) or die $!; listen(L, 1); socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in(8081, INADDR_LOOPBACK)) or die $!; select(undef, undef, undef, 0.3)'`,
      step: { user: '1000' },
    },
    ({ exitCode, error }) => expect([exitCode, error]).toEqual([0, undefined]),
  ],
];

describe.skipIf(!isRoot)('a step with chroot alone', () => {
  let outcomes: StepOutcome[];
  beforeAll(async () => {
    outcomes = await runSteps(
      account,
      cases.map(([, request]) => request),
    );
  });
  test.each(cases.map(([name, , check], index) => ({ name, check, index })))('$name', ({ check, index }) => {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error('it was not run');
    check(outcome);
  });

  test('nothing that a step leaves behind lives on', async () => {
    const mark = `holdfast-test-${process.pid}`;
    const daemon = `perl -e 'exit if fork; use POSIX (); POSIX::setsid(); exit if fork; $0 = "${mark}"; $SIG{TERM} = $SIG{HUP} = "IGNORE"; sleep 100'`;
    const { exitCode } = await runOne(account, {
      script: `${daemon.replace('use POSIX (); POSIX::setsid();', 'syscall(112);')}; perl -e '($(, $)) = (7, 7); ($<, $>) = (7, 7); fork; fork; $0 = "${mark}"; sleep 100' & sleep 0.2; exit 3`,
    });
    expect(exitCode).toBe(3);
    expect(running(mark)).toEqual([]);
  });

  test('an aborted step ends, with the reason given', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'holdfast-aborted-'));
    const sandbox = openSandbox('chroot', join(scratch, 'sandbox'));
    try {
      makeTinyRootfs(join(scratch, 'base'));
      const reason = new Error('enough');
      const run = (name: string, more: Partial<Step>) => {
        mkdirSync(join(scratch, name));
        const fixed = {
          lowers: [join(scratch, 'base')],
          directory: join(scratch, name),
          env: { PATH: '/bin' },
          cwd: '/',
        };
        const argv = ['/bin/sh', '-c', 'echo up; sleep 1000 & sleep 1000'];
        return sandbox.runStep({ ...fixed, argv, user: '', network: 'none', ...more });
      };
      const late = new AbortController();
      const running = run('late', { signal: late.signal, onStdout: () => late.abort(reason) });
      await expect(running).rejects.toBe(reason);
      const early = new AbortController();
      const starting = run('early', { signal: early.signal });
      early.abort(reason);
      await expect(starting).rejects.toBe(reason);
    } finally {
      await sandbox.close();
      rmSync(scratch, { recursive: true });
    }
  });

  test('nor when the program is killed', async () => {
    const mark = `holdfast-test-${process.pid}-killed`;
    const [file, ...args] = runnerCommand(account, [
      { script: `perl -e 'syscall(112); $0 = "${mark}"; sleep 100' & sleep 100` },
    ]);
    // It cannot remove its own any more.
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-killed-'));
    chmodSync(directory, 0o777);
    const env = { ...process.env, TMPDIR: directory };
    try {
      const runner = spawn(file, args, { cwd: '/', stdio: 'ignore', env });
      while (running(mark).length === 0) await sleep(50);
      runner.kill('SIGKILL');
      for (let tries = 0; running(mark).length > 0 && tries < 100; tries += 1) await sleep(50);
      expect(running(mark)).toEqual([]);
    } finally {
      removeTree(directory);
    }
  });

  test('the host’s files are not there, nor by way of the working directory', async () => {
    const canary = join(tmpdir(), `holdfast-canary-${process.pid}`);
    writeFileSync(canary, '');
    try {
      const look = (prefix: string) => `perl -e 'print -e "${prefix}${canary}" ? "seen" : "unseen", "\\n"'`;
      const { stdout } = await runOne(account, {
        script: [look(''), look('/..'), look('../../../../../..'), look('/proc/1/root')].join('; '),
      });
      expect(stdout).toBe('unseen\n'.repeat(4));
    } finally {
      rmSync(canary);
    }
  });
});

/** Processes that call themselves so. */
function running(name: string): string[] {
  return readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandOf(pid).startsWith(name));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
