import { beforeAll, describe, expect, test } from 'vitest';
import { runSteps, type StepOutcome, type StepRequest, testAccounts } from '../testing/steps.ts';

const files = { a: 'one\n', 'sub/b': 'two\n', link: '-> /etc' };

const cases: readonly (readonly [
  name: string,
  request: StepRequest,
  check: (outcome: StepOutcome) => void,
])[] = [
  [
    'a mount and what it stands on are in no layer, nor is what is written there',
    {
      mounts: [{ type: 'layers', files, target: '/made/for/it', writes: 'discarded' }],
      script:
        'cat /made/for/it/a /made/for/it/sub/b; echo x >/made/for/it/c; rm /made/for/it/a; ls /made/for/it',
    },
    ({ stdout, changes }) => {
      expect(stdout).toBe('one\ntwo\nc\nlink\nsub\n');
      expect(changes).toEqual([]);
    },
  ],
  [
    'what the step writes beside it is',
    {
      mounts: [{ type: 'tmpfs', target: '/made/for/it' }],
      script: 'echo x >/made/beside; echo y >/made/for/it/y',
    },
    ({ changes }) => expect(changes).toEqual(['made', 'made/beside']),
  ],
  [
    'a read-only one refuses writes',
    {
      mounts: [
        { type: 'layers', files, target: '/ro', writes: 'refused' },
        { type: 'tmpfs', target: '/ro2', readOnly: true },
      ],
      script:
        'for dir in /ro /ro/sub /ro2; do echo x >$dir/x; done; cat /ro/a; mount -o remount,rw /ro; echo x >/ro/x',
    },
    ({ stdout, stderr }) => {
      expect(stdout).toBe('one\n');
      expect(stderr.match(/Read-only file system/g)).toHaveLength(4);
    },
  ],
  [
    'a file, and a part of the layers',
    {
      mounts: [
        { type: 'layers', files, source: '/a', target: '/etc/made', writes: 'refused' },
        { type: 'layers', files, source: 'sub', target: 'rel', writes: 'discarded' },
      ],
      script: 'cat /etc/made; cat /rel/b; echo x >/rel/c',
    },
    ({ stdout, stderr, changes }) => expect([stdout, stderr, changes]).toEqual(['one\ntwo\n', '', []]),
  ],
  [
    'a link in the layers leads nowhere outside of them',
    { mounts: [{ type: 'layers', files, source: '/link', target: '/x', writes: 'refused' }] },
    ({ error }) => expect(error).toBe('SANDBOX_MOUNT_SOURCE'),
  ],
  [
    'a target behind the image’s links is where these lead',
    {
      mounts: [{ type: 'layers', files, target: '/link/here', writes: 'refused' }],
      script: 'cat /opt/real/here/a',
    },
    ({ stdout, injected }) => {
      expect(stdout).toBe('one\n');
      expect(injected).toContain('/opt/real/here');
    },
  ],
  [
    'mounts in mounts, whatever their order',
    {
      mounts: [
        { type: 'file', content: 'in memory\n', target: '/t/deep/file' },
        { type: 'layers', files, target: '/ro/sub/more', writes: 'refused' },
        { type: 'layers', files, target: '/ro', writes: 'refused' },
        { type: 'tmpfs', target: '/t' },
        { type: 'tmpfs', target: '/ro/new' },
        { type: 'layers', writes: 'kept', target: '/kept' },
        { type: 'layers', files, source: '/a', target: '/kept/in/it', writes: 'refused' },
      ],
      script: `cat /t/deep/file /ro/a /ro/sub/b /ro/sub/more/a /kept/in/it; echo x >/ro/new/x; echo x >/kept/x
        ls /ro /ro/sub`,
    },
    ({ stdout, stderr, changes, kept }) => {
      expect(stderr).toBe('');
      expect(stdout).toBe('in memory\none\ntwo\none\none\n/ro:\na\nlink\nnew\nsub\n\n/ro/sub:\nb\nmore\n');
      expect(changes).toEqual([]);
      expect(kept).toEqual(['5/x']);
    },
  ],
  [
    'of two at the same target the last one counts',
    {
      mounts: [
        { type: 'tmpfs', target: '/x' },
        { type: 'layers', files, target: '/x/', writes: 'refused' },
      ],
      script: 'ls /x',
    },
    ({ stdout }) => expect(stdout).toBe('a\nlink\nsub\n'),
  ],
  [
    'kept writes are on top of what was there',
    {
      mounts: [{ type: 'layers', files, target: '/cache', writes: 'kept' }],
      script: 'cat /cache/a; rm /cache/a; mkdir /cache/d; echo x >/cache/d/e',
    },
    ({ stdout, kept }) => {
      expect(stdout).toBe('one\n');
      expect(kept).toEqual(['0/a', '0/d', '0/d/e']);
    },
  ],
  [
    'a tmpfs of a size, also where the fixed ones are',
    {
      mounts: [
        { type: 'tmpfs', target: '/dev/shm', size: 1 << 20 },
        { type: 'tmpfs', target: '/dev/own/sub' },
      ],
      script: `perl -e 'open F, ">/dev/shm/f"; print F "x" x (2<<20) or print $!; close F or print "$!\\n"'
        stat -c %a /dev/shm; ls -d /dev/own/sub`,
    },
    ({ stdout, changes }) => {
      expect(stdout).toMatch(/No space left on device\n1777\n\/dev\/own\/sub\n$/);
      expect(changes).toEqual([]);
    },
  ],
  [
    'devices in a mount are inert',
    {
      mounts: [
        { type: 'tmpfs', target: '/t' },
        { type: 'layers', files, target: '/l', writes: 'discarded' },
      ],
      script: 'for d in /t /l; do mknod $d/mem c 1 5 2>/dev/null && cat $d/mem >/dev/null; done; true',
    },
    ({ stderr }) => expect(stderr.replaceAll(/cat: \/[tl]\/mem: Permission denied\n/g, '')).toBe(''),
  ],
  [
    'a file in memory has its mode and owner, is read-only and inert',
    {
      mounts: [{ type: 'file', content: 'pw', target: '/run/secrets/pw', mode: 0o741, uid: 100 }],
      script:
        'stat -c "%u %g %f" /run/secrets/pw; echo x >/run/secrets/pw; rm /run/secrets/pw; cat /run/secrets/pw',
    },
    ({ stdout, stderr, changes }) => {
      expect(stdout).toBe('100 0 81e1\npw');
      expect(stderr).toMatch(/Read-only file system\n.*Device or resource busy\n/);
      expect(changes).toEqual([]);
    },
  ],
  [
    'a socket is answered here',
    {
      mounts: [{ type: 'socket', target: '/run/agent.sock', mode: 0o741, uid: 100 }],
      script: `stat -c "%u %f" /run/agent.sock
        perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un("/run/agent.sock")) or die $!;
        syswrite S, "echo"; sysread S, $b, 4; print "$b\\n"'`,
    },
    ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['100 c1e1\necho\n', '']),
  ],
  [
    'secret variables win, and the environment is exact',
    {
      step: {
        argv: ['env'],
        env: { PATH: '/bin', TOKEN: 'public', 'ODD.name': '1' },
        secrets: { TOKEN: "it's $x\n`y`" },
      },
    },
    ({ stdout }) =>
      expect(stdout.split('\n').toSorted().join('\n').trim()).toBe(
        "HOME=/root\nODD.name=1\nPATH=/bin\nTOKEN=it's $x\n`y`",
      ),
  ],
  [
    'a name that the host’s tools would read',
    { step: { secrets: { LD_PRELOAD: 'x' } } },
    ({ error }) => expect(error).toBe('SANDBOX_ENVIRONMENT'),
  ],
  ...['/', '/proc', '/proc/sys/kernel', '/sys/fs', '/dev', '/link/../../proc/x'].map(
    target =>
      [
        `nothing is mounted at ${target}`,
        { mounts: [{ type: 'tmpfs', target }] },
        ({ error }: StepOutcome) => expect(error).toBe('SANDBOX_MOUNT_TARGET'),
      ] as const,
  ),
  [
    'nor in a file',
    {
      mounts: [
        { type: 'file', target: '/f', content: '' },
        { type: 'file', target: '/f/g', content: '' },
      ],
    },
    ({ error }) => expect(error).toBe('SANDBOX_MOUNT_TARGET'),
  ],
  [
    'nor over a file, if it is a directory',
    { mounts: [{ type: 'tmpfs', target: '/etc/passwd' }] },
    ({ error }) => expect(error).toBe('SANDBOX_ROOTFS_INVALID'),
  ],
  [
    'nor over a device',
    { mounts: [{ type: 'tmpfs', target: '/dev/null' }] },
    ({ error }) => expect(error).toBe('SANDBOX_ROOTFS_INVALID'),
  ],
  [
    'nor is a file over a directory of /dev',
    { mounts: [{ type: 'file', content: '', target: '/dev/shm' }] },
    ({ error }) => expect(error).toBe('SANDBOX_ROOTFS_INVALID'),
  ],
  [
    'files that every step is given are in mounts too',
    {
      mounts: [
        { type: 'tmpfs', target: '/run' },
        { type: 'layers', files: { own: 'own\n' }, target: '/etc/ssl', writes: 'refused' },
      ],
      step: {
        files: [
          { path: '/run/holdfast/ca.crt', content: 'root\n' },
          { path: '/etc/ssl/new', content: 'new\n' },
          { path: '/etc/ssl/own', content: 'covers\n' },
        ],
      },
      script: 'cat /run/holdfast/ca.crt /etc/ssl/new /etc/ssl/own; ls /etc/ssl',
    },
    ({ stdout, changes }) => {
      expect(stdout).toBe('root\nnew\nown\nnew\nown\n');
      expect(changes).toEqual([]);
    },
  ],
];

describe.each(testAccounts())('the mounts of a step as $name', account => {
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
