import { beforeAll, describe, expect, test } from 'vitest';
import { runSteps, type StepOutcome, type StepRequest, testAccounts } from '../testing/steps.ts';

const stubs = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];
const cases: readonly (readonly [
  name: string,
  request: StepRequest,
  check: (outcome: StepOutcome) => void,
])[] = [
  [
    'a step that does nothing leaves nothing',
    {},
    outcome =>
      expect(outcome).toMatchObject({ exitCode: 0, stdout: '', stderr: '', changes: [], injected: stubs }),
  ],
  ['owners of layers read as the image’s own', {}, outcome => expect(outcome.owned).toBe('33:42')],
  [
    'changes are in the upper directory',
    { script: 'mkdir /srv && echo 1 >/srv/a && rm -r /home' },
    ({ changes }) => expect(changes).toEqual(['home', 'srv', 'srv/a']),
  ],
  [
    'the environment is exact, and HOME is the user’s',
    { step: { argv: ['env'], env: { PATH: '/bin', 'ODD.name': "it's $x\n`y`", EMPTY: '' }, user: 'app' } },
    ({ stdout }) =>
      expect(stdout.split('\n').toSorted().join('\n').trim()).toBe(
        "EMPTY=\nHOME=/home/app\nODD.name=it's $x\nPATH=/bin\n`y`",
      ),
  ],
  [
    'variables of the loader reach the command, not the host’s tools',
    { script: 'echo $LD_PRELOAD', step: { env: { PATH: '/bin', LD_PRELOAD: '/no/such.so' } } },
    ({ stdout, stderr }) => {
      expect(stdout).toBe('/no/such.so\n');
      // The image's own programs complain; nothing of the host's does.
      expect(stderr.match(/object '\/no\/such.so' .*cannot be preloaded/g)).toHaveLength(1);
    },
  ],
  [
    'user, groups, working directory, umask, process id, host name',
    { script: 'id; pwd; umask; echo $$; cat /proc/sys/kernel/hostname', step: { user: 'app', cwd: '/link' } },
    ({ stdout }) =>
      expect(stdout).toMatch(
        /^uid=1000\S* gid=1000\S* groups=1000\S*,44\S*,50\S*\n\/opt\/real\n0022\n100\nholdfast\n$/,
      ),
  ],
  [
    'an explicit group is the only one',
    { script: 'id', step: { user: '7:video' } },
    ({ stdout }) => expect(stdout).toMatch(/^uid=7 gid=44(\(video\))? groups=44(\(video\))?\n$/),
  ],
  [
    'output can be opened again, by any user',
    { script: 'echo a >/dev/stdout; echo b >/dev/stderr; echo c >/proc/self/fd/1', step: { user: '1234' } },
    ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['a\nc\n', 'b\n']),
  ],
  [
    'much output arrives whole',
    { script: 'perl -e \'print "x" x 99, "\\n" for 1..50000\'' },
    ({ stdout }) => expect(stdout.length).toBe(5_000_000),
  ],
  ['input is empty', { script: 'read x; echo "$? $x"' }, ({ stdout }) => expect(stdout).toBe('1 \n')],
  ['the exit code is the command’s', { script: 'exit 42' }, ({ exitCode }) => expect(exitCode).toBe(42)],
  [
    'a signal gives 128 and its number',
    { script: 'kill -TERM $$' },
    outcome => expect(outcome).toMatchObject({ exitCode: 143, stderr: '' }),
  ],
  [
    'a missing command is 127',
    { step: { argv: ['nope'] } },
    ({ exitCode, stderr }) => {
      expect(exitCode).toBe(127);
      expect(stderr).toBe('holdfast: cannot run "nope": executable file not found in $PATH\n');
    },
  ],
  [
    'a file that is not executable is 126',
    { step: { argv: ['/etc/passwd'] } },
    ({ exitCode }) => expect(exitCode).toBe(126),
  ],
  [
    'generated files',
    { script: 'cat /etc/hosts /etc/hostname /etc/resolv.conf; echo x >>/etc/hosts' },
    ({ stdout, changes }) => {
      expect(stdout).toBe(
        '127.0.0.1 localhost holdfast\n::1 localhost ip6-localhost ip6-loopback\nholdfast\n',
      );
      expect(changes).toEqual([]);
    },
  ],
  [
    'injected files are followed through the image’s links and are no change',
    {
      script:
        'cat /link/sub/file; stat -c "%a %u:%g" /opt/real /opt/real/sub/file; touch -r /opt/real /tmp/x; rm /opt/real/sub/file',
      step: { files: [{ path: '/link/sub/file', content: 'hello\n', mode: 0o600 }] },
    },
    ({ stdout, injected, changes }) => {
      expect(stdout).toBe('hello\n755 33:42\n600 0:0\n');
      expect(injected).toEqual([...stubs, '/opt/real/sub', '/opt/real/sub/file']);
      expect(changes).toEqual(['opt', 'opt/real', 'opt/real/sub', 'opt/real/sub/file', 'tmp', 'tmp/x']);
    },
  ],
  [
    'an image without any layer has no command to run',
    { scratch: true },
    outcome => {
      expect(outcome).toMatchObject({ exitCode: 127, changes: [] });
      expect(outcome.injected).toEqual(['/dev', '/etc', ...stubs, '/proc', '/sys']);
    },
  ],
  [
    'a missing working directory',
    { step: { cwd: '/nowhere' } },
    ({ error }) => expect(error).toBe('SANDBOX_CWD_MISSING'),
  ],
  [
    'an unknown user',
    { step: { user: 'nobody' } },
    ({ error }) => expect(error).toBe('SANDBOX_USER_UNKNOWN'),
  ],
  ['a zero byte', { step: { argv: ['a\0b'] } }, ({ error }) => expect(error).toBe('SANDBOX_STEP_INVALID')],
  [
    'the gateway is at any address, on a port that the step serves itself',
    {
      gateway: true,
      script: `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_ANY)) or die $!;
        listen(S, 5) or die $!; socket(C, PF_INET, SOCK_STREAM, 0);
        connect(C, sockaddr_in(80, inet_aton("203.0.113.9"))) or die $!; print <C>' && cat /etc/resolv.conf`,
    },
    ({ stdout }) => expect(stdout).toMatch(/^gateway 203.0.113.9:80 198.18.\d+.\d+nameserver 198.18.0.1\n$/),
  ],
  [
    'no IPv6 but loopback',
    { gateway: true, script: 'cat /proc/net/if_inet6' },
    ({ stdout }) =>
      expect(
        stdout
          .trim()
          .split('\n')
          .map(line => line.split(/\s+/).at(-1)),
      ).toEqual(['lo']),
  ],
];

describe.each(testAccounts())('a step as $name', account => {
  let outcomes: readonly StepOutcome[] = [];
  beforeAll(async () => {
    outcomes = await runSteps(
      account,
      cases.map(([, request]) => request),
    );
  });
  test.each(cases.map(([name, , check], index) => [name, index, check] as const))(
    '%s',
    (_name, index, check) => {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error('the step was not run');
      check(outcome);
    },
  );
});
