import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  runnerCommand,
  runOne,
  runSteps,
  type StepOutcome,
  testAccounts,
  removeTree,
} from '../testing/steps.ts';

/** Out of a chroot, if there is a way: a root inside the root, then up from a directory that is outside of it. */
const chrootEscape = `
  mkdir "/tmp/x"; chroot "/tmp/x" or die "chroot: $!"; chdir ".." for 1..99; chroot "." or die $!; chdir "/";`;

/** Lists what is at the root, and tells if the host's file can be found. Arguments: the host's file. */
const lookAround = (canary: string) =>
  `print join(",", sort glob "/*"), " ", (-e "${canary}" ? "seen" : "unseen"), "\\n"`;

/** Processes of the machine whose command line has a word. */
function processesWith(word: string): string[] {
  return readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(`\0${word}\0`);
    } catch {
      return false;
    }
  });
}

async function goneSoon(word: string): Promise<boolean> {
  for (let tries = 0; tries < 100 && processesWith(word).length > 0; tries += 1) await sleep(50);
  return processesWith(word).length === 0;
}

/** A number that names a `sleep` of this test alone. */
let lastMarker = process.pid * 1000;
const newMarker = () => String((lastMarker += 1));

describe.each(testAccounts())('isolation of a step as $name', account => {
  const asRoot = account.name === 'root';
  let directory: string;
  let canary: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-canary-'));
    chmodSync(directory, 0o777);
    canary = join(directory, 'canary');
    writeFileSync(canary, '');
  });
  afterAll(() => removeTree(directory));
  const run = (script: string): Promise<StepOutcome> => runOne(account, { script });
  const environment = () => ({ ...process.env, TMPDIR: directory });

  /** User namespaces work in a step, so that a refusal is the refusal of what is done there. */
  async function expectRefusals(scripts: readonly string[]): Promise<void> {
    const control = 'unshare -Urmpf mount -t tmpfs tmpfs /tmp';
    const outcomes = await runSteps(
      account,
      [control, ...scripts].map(script => ({ script })),
    );
    expect(outcomes.map(({ exitCode, stdout }) => [exitCode === 0, stdout])).toEqual([
      [true, ''],
      ...scripts.map(() => [false, '']),
    ]);
  }

  test('capabilities are Docker’s; a user has none', async () => {
    const script = `perl -ne 'print if /^Cap|^NoNew/' /proc/self/status`;
    const { stdout } = await run(script);
    const lines = (own: string) =>
      `CapInh:\t0000000000000000\nCapPrm:\t${own}\nCapEff:\t${own}\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\n`;
    expect(stdout).toBe(lines('00000000a80425fb'));
    const user = await runOne(account, { script, step: { user: 'app' } });
    expect(user.stdout).toBe(lines('0000000000000000'));
  });

  test('an insecure step has all capabilities, in its own namespaces', async () => {
    const script = `
      perl -ne 'print $1 if /^CapBnd:\\s+(\\w+)/' /proc/self/status
      mount -t tmpfs tmpfs /home && mkdir /home/x && umount /home && echo " mounted"
      perl -e 'print join ",", grep { /^\\d+$/ } map { m{/proc/(.*)} } glob "/proc/*"'; ls /dev`;
    for (const network of ['none', 'host'] as const) {
      const { stdout, stderr } = await runOne(account, { script, step: { security: 'insecure', network } });
      expect(stderr).toBe('');
      // Root in a container may lack some itself; a user namespace has all.
      const [, own] = /^CapBnd:\s+(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
      if (asRoot) expect(stdout).toContain(own);
      else expect(BigInt(`0x${stdout.slice(0, 16)}`) & 0x3fffffffffn).toBe(0x3fffffffffn);
      expect(stdout).toMatch(
        /^[0-9a-f]{16} mounted\n1,\d+,\d+fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n$/,
      );
    }
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('holdfast-step');
  });

  test('the host’s files are not there, nor by breaking out of chroot', async () => {
    const { stdout, stderr } = await run(
      `perl -e '${lookAround(canary)}'; perl -e '${chrootEscape} ${lookAround(canary)}'`,
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(\/bin,\S+ unseen\n)\1$/);
  });

  test('nor through the first process, nor from a user namespace', async () => {
    await expectRefusals([
      'ls /proc/1/root/',
      'ls /proc/1/cwd/',
      'cat /proc/1/environ',
      'cat /proc/1/fd/0',
      'unshare -Ur ls /proc/1/root/',
      `unshare -Ur perl -e '${chrootEscape} exit(-e "${canary}" ? 0 : 1)'`,
      'unshare -Urm umount -l /',
      'unshare -Urm umount /etc/hosts',
    ]);
  });

  test('kernel settings are read-only, also from a user namespace', async () => {
    const writable = (path: string) => `perl -e 'exit(open(F, "+<", "${path}") ? 0 : 1)'`;
    await expectRefusals([
      writable('/proc/sys/kernel/core_pattern'),
      writable('/proc/sysrq-trigger'),
      writable('/sys/kernel/uevent_helper'),
      'unshare -Urm mount -o remount,rw,bind /proc/sys',
      'unshare -Urm umount /proc/sys',
      'unshare -Urmpf mount -t proc proc /tmp',
      'unshare -Urmn mount -t sysfs sysfs /tmp',
      'mount -t tmpfs tmpfs /tmp',
      'mount -o remount,rw,bind /proc/sys',
    ]);
  });

  test('devices: those of Docker work, others are inert', async () => {
    const { stdout } = await run(`
      echo x >/dev/null && cat /dev/null && perl -e 'open F, "</dev/urandom"; print read(F, $b, 8), "\\n"'
      echo $(ls /dev)
      for dir in /tmp /dev /dev/shm; do
        mknod $dir/disk b 254 0 2>/dev/null && cat $dir/disk 2>&1 >/dev/null | cat
        mknod $dir/mem c 1 5 2>/dev/null && cat $dir/mem 2>&1 >/dev/null | cat
      done; true`);
    const refused = (path: string) => `cat: ${path}: Permission denied`;
    const inert = ['/tmp', '/dev', '/dev/shm'].flatMap(dir => [
      refused(`${dir}/disk`),
      refused(`${dir}/mem`),
    ]);
    expect(stdout.trim().split('\n')).toEqual([
      '8',
      'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero',
      ...(asRoot ? inert : []),
    ]);
  });

  test('the host’s device nodes cannot be changed', async () => {
    if (asRoot) {
      // The step may change its own nodes; so they must not be the host's.
      const { stdout } = await run('stat -L -c %d:%i /dev/null /proc/self/fd/0');
      const { dev, ino } = statSync('/dev/null');
      for (const node of stdout.trim().split('\n')) expect(node).not.toBe(`${dev}:${ino}`);
      expect(stdout).toMatch(/^(\d+:\d+)\n\1\n$/);
    } else {
      const { stderr } = await run('chmod 666 /dev/null /dev/tty /proc/self/fd/0');
      expect(stderr.match(/Operation not permitted/g)).toHaveLength(3);
    }
  });

  test('no file of the program that started it is open in the step', async () => {
    const [file, ...args] = runnerCommand(account, [
      { script: 'for f in /proc/self/fd/*; do echo ${f##*/}; done' },
    ]);
    const host = openSync('/', 'r');
    const stdio = Array.from({ length: 30 }, (_, index) => (index < 3 ? ('pipe' as const) : host));
    const child = spawn(file, args, { cwd: '/', stdio });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    closeSync(host);
    // The shell's own, for the directory that it lists.
    expect((JSON.parse(output) as StepOutcome).stdout).toBe('0\n1\n2\n3\n');
  });

  test('the host’s processes are not seen', async () => {
    const { stdout } = await run(
      `perl -e 'print join ",", grep { /^\\d+$/ } map { m{/proc/(.*)} } glob "/proc/*"'`,
    );
    expect(stdout).toBe('1,100');
  });

  test('without network there is loopback alone, and it is not the host’s', async () => {
    const server = createServer(socket => socket.end('host')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const dial = `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0);
      print connect(S, sockaddr_in(${port}, inet_aton("127.0.0.1"))) ? <S> : "$!"'`;
    const alone = await run(`${dial}; perl -ne 'print "$1\\n" if /^ *(\\w+):/' /proc/net/dev`);
    expect(alone.stdout).toBe('Connection refusedlo\n');
    const joined = await runOne(account, { script: dial, gateway: true });
    expect(joined.stdout).toBe('Connection refused');
    const resolver = 'perl -e \'open F, "/etc/resolv.conf"; print <F>\'';
    const host = await runOne(account, { script: `${dial}; ${resolver}`, step: { network: 'host' } });
    expect(host.stdout).toBe(`host${readFileSync('/etc/resolv.conf', 'utf8')}`);
    server.close();
  });

  test('what a step leaves running ends with it', async () => {
    const marker = newMarker();
    const { stdout } = await run(
      `sleep ${marker} & (unshare -Urpf sleep ${marker} &) ; sleep 0.2; echo done`,
    );
    expect(stdout).toBe('done\n');
    expect(processesWith(marker)).toEqual([]);
  });

  test('a step ends with the program, even by SIGKILL', async () => {
    const marker = newMarker();
    const script = `sleep ${marker} & exec sleep ${marker}`;
    for (const user of ['', 'app']) {
      const [file, ...args] = runnerCommand(account, [{ script, step: { user } }]);
      const child: ChildProcess = spawn(file, args, { cwd: '/', stdio: 'ignore', env: environment() });
      for (let tries = 0; tries < 200 && processesWith(marker).length < 2; tries += 1) await sleep(50);
      expect(processesWith(marker)).toHaveLength(2);
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await goneSoon(marker)).toBe(true);
    }
  });

  test('the exit code and signals of the re-executed program are its own', async () => {
    const [file, ...args] = runnerCommand(account, [
      { script: 'echo up' },
      { script: `sleep ${newMarker()}` },
    ]);
    const child = spawn(file, args, { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'], env: environment() });
    for await (const line of createInterface({ input: child.stdout })) {
      expect((JSON.parse(line) as StepOutcome).stdout).toBe('up\n');
      child.kill('SIGTERM');
    }
    expect(child.exitCode ?? child.signalCode ?? (await once(child, 'close'))[1]).toBe('SIGTERM');
  });
});
