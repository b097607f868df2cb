// The same Dockerfile in each sandbox: as root, as a normal user, in containers of a real Docker, without owners.
import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readableInstallation } from './program.ts';
import { startDocker, type Docker } from './support-docker.ts';
import {
  archiveLines,
  holdfast,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  type RunOptions,
  type RunResult,
  startServers,
  testUser,
  withoutNetwork,
  type World,
} from './world.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('skipped: one Dockerfile in each sandbox; only root can be all of them');

const heavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!heavy) console.log('skipped: two more sandboxes; HOLDFAST_TEST_HEAVY=1 tries them');

/** A user without a name, and so without subordinate ids. */
const singleUser = '64999';
const withoutOwners = ['--isolation', 'single-id', '--lockfile', 'without-owners.lock'];

let world: World;
let image: string;
/** What the single user has. */
let single: { readonly home: string; readonly project: string };
let docker: Docker | string;

beforeAll(async () => {
  if (!isRoot) return;
  world = await makeWorld();
  await world.debianBases();
  docker = await startDocker();
  if (typeof docker === 'string') console.log(`skipped: sandboxes in containers: ${docker}`);
  else await loadDebian(docker);
  const servers = await startServers();
  try {
    await servers.archive.publish({ date: new Date(), packages: [programPackage('hello', '1.0')] });
    await world.write({
      Dockerfile: dockerfile(archiveLines(servers)),
      data: 'data\n',
      'test.gpg': servers.archive.key.gpg,
    });
    await world.succeed('lock', servers.addHosts);
    image = lockedImage(await world.readLock());
    single = await copyFor(singleUser);
    const locked = await asSingleUser('lock', ...withoutOwners, ...servers.addHosts);
    expect(locked.exit, locked.stderr).toBe(0);
    expect(locked.stderr).toContain('all files belong to root');
  } finally {
    await servers.close();
  }
});
afterAll(async () => {
  if (docker !== undefined && typeof docker !== 'string') await docker.stop();
  await world?.close();
});

const dockerfile = (archive: string) => `FROM debian:bookworm AS tools
RUN mkdir /out && ln -s nowhere /out/link && echo tool > /out/tool && ln /out/tool /out/same && chown 33:42 /out/tool
FROM debian:bookworm
RUN useradd --create-home app && mkdir /srv/shared && chgrp users /srv/shared && chmod 2775 /srv/shared
RUN mkdir -p /opt/a/deep && echo 1 > /opt/a/one && ln /opt/a/one /opt/a/two && mkfifo /opt/a/pipe && ln -s one /opt/a/link
RUN chown -R app /opt/a && chmod 700 /opt/a/two
RUN rm -rf /opt/a && mkdir /opt/a && echo new > /opt/a/deep && mv /etc/default /etc/moved && cp /bin/ls /opt && chmod 4755 /opt/ls
RUN touch /etc/passwd && cat /etc/group > /etc/group.new && mv /etc/group.new /etc/group
COPY --from=tools --chown=app /out /srv/shared/
COPY --chmod=640 data /srv/data
WORKDIR /srv/work
${archive}
RUN --mount=type=cache,target=/var/cache/apt --mount=type=bind,source=data,target=/mnt/data \\
    cat /mnt/data > here && apt-get update && apt-get install -y hello && rm -rf /var/lib/apt/lists/*
RUN --mount=type=cache,target=/var/cache/apt ls /var/cache/apt > cached && hello > said 2> /dev/stderr
USER app
RUN id > ~/id && umask > ~/umask && cat /etc/hosts > ~/hosts; sleep 100 &
`;

async function built(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exit, stdout, stderr } = await holdfast(
    ['build', world.project, '--locked', '--no-cache', '--progress', 'quiet', ...args],
    { cwd: world.root, env: { HOME: world.home }, through: withoutNetwork, ...options },
  );
  expect(exit, stderr).toBe(0);
  return printedImage({ exit, stdout, stderr, json: undefined });
}

/** A network without anything but the loopback. */
const loopbackAlone = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

describe.skipIf(!isRoot)('one lock, the same image', () => {
  const user = testUser();
  test.skipIf(user === undefined)('in namespaces of a normal user', async () => {
    const { home, project } = await copyFor(user ?? '');
    expect(
      await built(['--cache-dir', join(home, 'cache'), '--store', join(home, 'store')], {
        user: user ?? '',
        cwd: project,
      }),
    ).toBe(image);
  });

  test.skipIf(!heavy)('with chroot alone', async () => {
    expect(await built(['--isolation', 'chroot'], { through: loopbackAlone })).toBe(image);
  });

  test('with chroot alone, in a container with Docker’s defaults', async context => {
    if (typeof docker === 'string') return context.skip(docker);
    const said = await inContainer(docker, []);
    expect(said.stderr).toContain('steps share the container’s network');
    expect(said.stdout.trim()).toBe(image);
  });

  test.skipIf(!heavy)(
    'in namespaces of a container’s root that has no capability for them',
    async context => {
      if (typeof docker === 'string') return context.skip(docker);
      const said = await inContainer(docker, [
        '--security-opt=seccomp=unconfined',
        '--env=HOLDFAST_ISOLATION=namespaces',
      ]);
      expect(said.stderr).toContain('steps see the container’s /proc');
      expect(said.stdout.trim()).toBe(image);
    },
  );
});

describe.skipIf(!isRoot)('a weaker sandbox', () => {
  test('has one of three names', async () => {
    expect((await world.run('build', ['--isolation', 'none'])).exit).toBe(2);
    const { exit, stderr } = await world.run('build', [], { env: { HOLDFAST_ISOLATION: 'none' } });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('ISOLATION_INVALID')]);
  });

  test('without owners makes another image, the same each time, and keeps to a lock of its own', async () => {
    const lock = await readFile(join(single.project, 'without-owners.lock'), 'utf8');
    expect(lock).toContain('\n    isolation: "single-id"\n');
    expect(lockedImage(lock)).not.toBe(image);
    const again = await asSingleUser('build', '--locked', '--no-cache', ...withoutOwners);
    expect([again.exit, printedImage(again)]).toEqual([0, lockedImage(lock)]);

    const others = await asSingleUser('build', '--locked', '--isolation', 'single-id');
    expect([others.exit, others.stderr]).toEqual([2, expect.stringContaining('LOCK_OWNERS')]);
    const owned = await world.run('build', [
      '--locked',
      '--lockfile',
      join(single.project, 'without-owners.lock'),
      '--store',
      join(single.home, 'store'),
    ]);
    expect([owned.exit, owned.stderr]).toEqual([2, expect.stringContaining('LOCK_OWNERS')]);
  });

  test('is named where it would work', async () => {
    const { exit, stderr } = await asSingleUser('build', '--locked', '--no-cache');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('SANDBOX_UNAVAILABLE')]);
    expect(stderr).toContain('Weaker but working here: --isolation single-id');
    const { exit: found, json } = await asSingleUser('doctor', '--json');
    expect([found, json]).toEqual([
      2,
      expect.objectContaining({
        canBuild: false,
        isolation: 'namespaces',
        sandboxes: [
          expect.objectContaining({ isolation: 'namespaces', works: false, code: 'SANDBOX_UNAVAILABLE' }),
          expect.objectContaining({ isolation: 'chroot', works: false }),
          expect.objectContaining({ isolation: 'single-id', works: true }),
        ],
      }),
    ]);
  });
});

async function asSingleUser(command: string, ...args: string[]): Promise<RunResult> {
  const directory = command === 'doctor' ? [] : [single.project];
  return holdfast(
    [command, ...directory, '--store', join(single.home, 'store'), '--progress', 'plain', ...args],
    {
      cwd: single.project,
      env: { HOME: single.home },
      user: singleUser,
    },
  );
}

/** The project, its store and a home for a user. */
async function copyFor(owner: string): Promise<{ home: string; project: string }> {
  const home = join(world.root, `home of ${owner}`);
  const project = join(home, 'project');
  await mkdir(home);
  await cp(world.project, project, { recursive: true });
  await cp(world.store, join(home, 'store'), { recursive: true });
  execFileSync('chown', ['-R', `${owner}:${owner}`, home]);
  return { home, project };
}

/** Debian itself, as Docker has it; a build from the lock needs no more. */
async function loadDebian({ docker: run }: Docker): Promise<void> {
  const file = join(world.root, 'debian.tar');
  await promisify(execFile)('skopeo', [
    'copy',
    '-q',
    `oci:${world.store}:debian:bookworm`,
    `docker-archive:${file}:debian:bookworm`,
  ]);
  await run(['load', '-q', '-i', file]);
}

/** Builds in a container of Debian, which has Docker's defaults but for what `options` say. */
async function inContainer(
  { docker: run }: Docker,
  options: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const [node = ''] = await readableInstallation();
  const cache = join(world.root, `cache-${options.length}`);
  await mkdir(cache);
  await chmod(cache, 0o755);
  const volumes = [
    `${dirname(node)}:/holdfast:ro`,
    `${world.project}:/project:ro`,
    `${world.store}:/store`,
    `${cache}:/cache`,
    ...(await lent('getfattr', 'setfattr', 'ip')),
  ];
  return run([
    'run',
    '--rm',
    '--network=none',
    '--env=HOLDFAST_ISOLATION=chroot',
    '--env=HOLDFAST_STORE=/store',
    '--env=HOLDFAST_CACHE=/cache',
    ...options,
    ...volumes.map(volume => `--volume=${volume}`),
    'debian:bookworm',
    '/holdfast/node',
    '/holdfast/bin/holdfast.js',
    'build',
    '/project',
    '--locked',
    '--no-cache',
    '--progress',
    'plain',
  ]);
}

/** Programs of this machine that Debian's base has not, with what they link to, as volumes. */
async function lent(...names: string[]): Promise<string[]> {
  const programs = names.map(name =>
    execFileSync('sh', ['-c', `PATH=$PATH:/sbin:/usr/sbin command -v ${name}`])
      .toString()
      .trim(),
  );
  const linked = execFileSync('ldd', programs).toString();
  const libraries = [...linked.matchAll(/ => (\/\S+\/lib(?:bpf|elf|mnl|bsd|md|cap)\.so\.\S+)/g)].map(
    ([, path]) => path ?? '',
  );
  return Promise.all(
    [...new Set([...programs, ...libraries])].map(async path => `${await realpath(path)}:${path}:ro`),
  );
}
