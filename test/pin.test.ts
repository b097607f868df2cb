// What is locked is written back into the Dockerfile; upstream moves on; and a Docker that knows nothing of the lock
// builds the pinned Dockerfile and gets what is locked, or stops.
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noDockerRegistry, startDockerRegistry } from '../src/registry/testing/docker-registry.ts';
import { AptArchive, serveSnapshots, type ArchiveServer } from '../testkit/apt/index.ts';
import { HostileServer } from '../testkit/hostile/index.ts';
import { PypiIndex } from '../testkit/pypi/index.ts';
import { startDocker, type Docker } from './support-docker.ts';
import { makeWorld, programPackage, type World } from './world.ts';

const before = '2026-01-15T00:00:00Z';
const lockDate = '2026-02-02T00:00:00Z';
const later = '2026-06-01T00:00:00Z';
const dated = { env: { SOURCE_DATE_EPOCH: String(Date.parse(lockDate) / 1000) } };
const hosts = ['deb.test', 'past.test', 'pypi.test', 'files.test'].flatMap(name => [
  '--add-host',
  `${name}:127.0.0.1`,
]);

let world: World;
let archive: AptArchive;
let live: ArchiveServer;
let past: ArchiveServer;
let pypi: PypiIndex;
let files: HostileServer;
let docker: Docker | string;
const closing: (() => Promise<unknown>)[] = [];
let dockerfile: string;

beforeAll(async () => {
  world = await makeWorld();
  archive = await AptArchive.create({ origin: 'Debian' });
  [live, past, pypi, files, docker] = await Promise.all([
    archive.serve('debian'),
    serveSnapshots({ debian: archive }),
    PypiIndex.start(),
    HostileServer.start(),
    startDocker(),
  ]);
  closing.push(() => world.close(), ...[live, past, pypi, files].map(server => () => server.close()));
  if (typeof docker === 'string') console.log(`skipped: the build by a real Docker; ${docker}`);
  else closing.push(docker.stop);
  await world.debianBases(['languages:1']);
  let base = 'languages:1';
  if (noDockerRegistry === undefined) {
    const registry = await startDockerRegistry();
    closing.push(() => registry.stop());
    base = `${registry.domain}/languages:1`;
    await world.write({ 'base/Dockerfile': 'FROM languages:1\n' });
    const places = [
      '--lockfile',
      join(world.root, 'base.lock'),
      '-f',
      join(world.project, 'base', 'Dockerfile'),
    ];
    await world.succeed('lock', places);
    await world.succeed('build', [...places, '--tag', base, '--push']);
  }
  const named = (server: { readonly port: number }, name: string) => `http://${name}.test:${server.port}`;
  const apt = named({ port: Number(new URL(live.url).port) }, 'deb');
  const snapshots = named({ port: Number(new URL(past.url).port) }, 'past');
  dockerfile = `# Files of the context name these servers: ${apt} ${named(files, 'files')}
FROM ${base}
# the packages
COPY test.gpg /usr/share/keyrings/test.gpg
COPY base.sources /etc/apt/sources.list.d/base.sources
RUN apt-get update \\
 && apt-get install -y hello
RUN pip install --break-system-packages --index-url ${named(pypi, 'pypi')}/simple/ --trusted-host pypi.test web
RUN curl -fsSL ${named(files, 'files')}/install.sh | sh
`;
  await publish('1.0', '2026-02-01T00:00:00Z', before);
  await world.write({
    Dockerfile: dockerfile,
    'test.gpg': archive.key.gpg,
    'base.sources': `Types: deb\nURIs: ${apt}/debian\nSuites: stable\nComponents: main\nSigned-By: /usr/share/keyrings/test.gpg\n`,
    'holdfast.yaml': `snapshots:\n  Debian: ${snapshots}/archive/debian\n`,
    '.dockerignore': 'base\n',
  });
  await world.succeed('lock', hosts, dated);
  await publish('2.0', later, later);
}, 600_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

async function publish(version: string, date: string, uploaded: string): Promise<void> {
  await archive.publish({
    date: new Date(date),
    packages: [programPackage('hello', version, 'libhello'), programPackage('libhello', version)],
  });
  pypi.add('web', version, { uploadTime: uploaded, requires: ['shared'] });
  pypi.add('shared', version, { uploadTime: uploaded });
  const texts = {
    '/install.sh': `curl -fsSL http://files.test:${files.port}/${version}/tool > /usr/bin/tool\necho ${version} > /installed\n`,
    [`/${version}/tool`]: `tool ${version}\n`,
  };
  for (const [path, text] of Object.entries(texts))
    files.pages.set(path, (_request, response) => void response.end(text));
}

interface Told {
  readonly written: string[];
  readonly changed: string[];
  readonly pins: { readonly kind: string; readonly what: string }[];
  readonly unpinned: { readonly code: string; readonly what: string }[];
}

/** What stands in an image after the whole Dockerfile. */
async function builtByDocker(file: string): Promise<string> {
  if (typeof docker === 'string') throw new Error(docker);
  const how = ['--network', 'host', ...hosts, '--file', join(world.project, file), '--tag', 'pinned'];
  await docker.docker(['build', '--quiet', ...how, world.project]);
  const { stdout } = await docker.docker([
    'run',
    '--rm',
    '--network=none',
    'pinned',
    'sh',
    '-c',
    "dpkg-query -W -f '${Package} ${Version}\\n' hello libhello; pip list 2>/dev/null | grep -E '^(web|shared)'; cat /installed /usr/bin/tool",
  ]);
  return stdout.replaceAll(/ +/g, ' ');
}

test('the check fails before, and tells what would be written', async () => {
  const { exit, stdout } = await world.run('pin', ['--check']);
  expect(exit).toBe(1);
  expect(stdout).toMatch(/^- && apt-get install -y hello$/m);
  expect(stdout).toMatch(/^\+ && apt-get install -y hello=1\.0$/m);
  expect(await readFile(join(world.project, 'Dockerfile'), 'utf8')).toBe(dockerfile);
});

test('everything that a command names is pinned into a file of its own', async () => {
  const output = ['--output', join(world.project, 'Dockerfile.pinned')];
  const { json } = await world.succeed('pin', ['--json', ...output]);
  const { written, pins, unpinned } = json as Told;
  expect(written).toEqual(['project/holdfast-requirements.txt', 'project/Dockerfile.pinned']);
  const kinds = pins.map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual([
    'archive',
    'file',
    ...(noDockerRegistry ? [] : ['image']),
    'package',
    'package',
    'package',
  ]);
  expect(unpinned.filter(({ code }) => code !== 'NOT_LOCKED')).toMatchObject([
    { code: 'INDIRECT', what: expect.stringContaining('/1.0/tool') as string },
  ]);
  expect((await world.run('pin', ['--check', ...output])).exit).toBe(0);
  expect(await readFile(join(world.project, 'Dockerfile'), 'utf8')).toBe(dockerfile);
});

test('Docker stops at a script that is another one now', async ({ skip }) => {
  if (typeof docker === 'string' || noDockerRegistry !== undefined) return skip();
  const failure = await builtByDocker('Dockerfile.pinned').catch((thrown: unknown) => String(thrown));
  expect(failure).toContain('/tmp/holdfast-download: FAILED');
}, 600_000);

test('with the script in the repository, Docker builds what is locked', async ({ skip }) => {
  await world.succeed('pin', ['--vendor']);
  const pinned = await readFile(join(world.project, 'Dockerfile'), 'utf8');
  // Pinned again, with the lock of the unpinned file, nothing changes; nor with one of the pinned file.
  expect((await world.succeed('pin', ['--vendor', '--json'])).json).toMatchObject({ changed: [] });
  await world.succeed('lock', hosts);
  const again = (await world.succeed('pin', ['--vendor', '--check', '--json'])).json as Told;
  expect(again).toMatchObject({ changed: [] });
  expect(await readFile(join(world.project, 'Dockerfile'), 'utf8')).toBe(pinned);
  if (typeof docker === 'string' || noDockerRegistry !== undefined) return skip();
  expect(await builtByDocker('Dockerfile')).toBe(
    'hello 1.0\nlibhello 1.0\nshared 1.0\nweb 1.0\n1.0\ntool 1.0\n',
  );
}, 600_000);

test('what was vendored before is asked for anew on request, and the change is shown', async () => {
  const { stdout } = await world.succeed('vendor', ['--refresh', ...hosts]);
  expect(stdout).toMatch(/^-echo 1\.0 > \/installed\n\+curl .*\n\+echo 2\.0 > \/installed$/m);
  await world.succeed('lock', hosts);
  // The script fetches another file now: the list beside it says so.
  const list = (await world.succeed('vendor')).stdout;
  expect(list).toMatch(/^-file \{url: ".*\/1\.0\/tool".*\n\+file \{url: ".*\/2\.0\/tool"/m);
  expect((await world.succeed('vendor', ['--check', '--json'])).json).toMatchObject({ changed: [] });
});

test('after an update, a changed script is shown as a difference', async () => {
  await rm(join(world.project, 'vendor'), { recursive: true });
  await publish('1.0', '2026-02-01T00:00:00Z', before);
  await world.write({ Dockerfile: dockerfile });
  await rm(world.lockPath);
  await world.succeed('lock', hosts, dated);
  const output = ['--output', join(world.project, 'Dockerfile.vendored')];
  await world.succeed('vendor', output);
  await publish('2.0', later, later);
  await world.succeed('update', ['--only', 'file', ...hosts]);
  const { stdout } = await world.succeed('vendor', output);
  expect(stdout).toMatch(/^-echo 1\.0 > \/installed\n\+curl .*\n\+echo 2\.0 > \/installed$/m);
  expect(stdout).toMatch(/^-file \{url: ".*\/1\.0\/tool"/m);
  const directory = join(world.project, 'vendor');
  await rm(directory, { recursive: true });
  await symlink(world.home, directory);
  expect(await world.run('vendor', output)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('PIN_LINK') as string,
  });
  const policy = JSON.parse((await world.succeed('pin', ['--source-policy', '-'])).stdout) as {
    rules: unknown[];
  };
  expect(policy.rules).toHaveLength(noDockerRegistry === undefined ? 1 : 0);
});

test('the registry is asked for a frontend on request, and when it is locked', async ({ skip }) => {
  if (noDockerRegistry !== undefined) return skip();
  const image = /^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? '';
  await world.write({ Dockerfile: `# syntax=${image}\n${dockerfile}` });
  const { stdout } = await world.succeed('pin', ['--diff', '--ask-registry']);
  expect(stdout).toMatch(/^\+# syntax=\S+@sha256:[0-9a-f]{64}$/m);
  await world.succeed('lock', hosts);
  expect(await world.readLock()).toMatch(/^ {4}syntax: "\S+@sha256:[0-9a-f]{64}"$/m);
  expect((await world.succeed('pin', ['--diff'])).stdout).toMatch(/^\+# syntax=\S+@sha256:[0-9a-f]{64}$/m);
});

test('a step that the lock does not know is an error where the pins are checked', async () => {
  const pinned = ['--output', join(world.project, 'Dockerfile.new')];
  await world.write({ Dockerfile: `${dockerfile}RUN pip install more\n` });
  const { json } = await world.succeed('pin', ['--json', ...pinned]);
  expect((json as Told).unpinned).toContainEqual(
    expect.objectContaining({ code: 'NOT_LOCKED', what: 'pip install', line: 10 }),
  );
  const { exit, stderr } = await world.run('pin', ['--check', ...pinned]);
  expect(exit, stderr).toBe(3);
  expect(stderr).toContain('LOCK_STALE');
});

test('a file that is written where a step takes it is told of', async () => {
  await world.write({ Dockerfile: `${dockerfile}COPY . /all\n` });
  const pinned = (name: string) => world.succeed('pin', ['--output', join(world.project, name)]);
  expect((await pinned('Dockerfile.taken')).stdout).toContain('Dockerfile.taken is of the build context');
  await world.write({ '.dockerignore': 'base\nDockerfile.*\n' });
  expect((await pinned('Dockerfile.ignored')).stdout).not.toContain('is of the build context');
});
