import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatLock, parseLock } from '../src/lock/index.ts';
import { blobPath, digestOf, flipBit } from './support-registry.ts';
import {
  makeWorld,
  printedImage,
  programPackage,
  serveFiles,
  startServers,
  type Servers,
  type World,
} from './world.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
  serveFiles(servers, { '/tool.sh': 'echo tool 1\n', '/data': 'the data\n' });
});
afterAll(() => servers.close());

describe('blobs', () => {
  let world: World;
  let image: string;
  const blobs = new Map<string, { digest: string; names: string }>();
  beforeAll(async () => {
    world = await makeWorld();
    await world.tinyBase();
    await world.write({
      Dockerfile: `FROM tiny:1\nRUN wget -qO- ${servers.urls.files}/tool.sh | sh\nRUN wget -qO /data ${servers.urls.files}/data\n`,
    });
    image = printedImage(await world.succeed('lock', servers.addHosts));
    const lock = await world.readLock();
    const named = (name: string) => new RegExp(`\\b${name}: "(sha256:[0-9a-f]{64})"`).exec(lock)?.[1] ?? '';
    const manifest = JSON.parse(await readFile(blobPath(world.store, named('manifest')), 'utf8')) as {
      layers: { digest: string }[];
    };
    const body = digestOf(Buffer.from('echo tool 1\n'));
    blobs.set('a body', { digest: body, names: `${servers.urls.files}/tool.sh` });
    blobs.set('the base’s manifest', { digest: named('manifest'), names: 'tiny:1' });
    blobs.set('the base’s configuration', { digest: named('config'), names: 'tiny:1' });
    blobs.set('the base’s layer', { digest: manifest.layers[0]?.digest ?? '', names: 'tiny:1' });
    blobs.set('the recording', { digest: named('recording'), names: 'holdfast.lock: the recording' });
  });
  afterAll(() => world.close());

  const each = [
    'a body',
    'the base’s manifest',
    'the base’s configuration',
    'the base’s layer',
    'the recording',
  ];

  /** Builds with the blob as `damage` leaves it, and then puts it back. */
  async function buildWith(digest: string, damage: (path: string) => Promise<void>) {
    const path = blobPath(world.store, digest);
    const kept = join(world.root, 'kept');
    await copyFile(path, kept);
    await damage(path);
    await world.emptyCache();
    try {
      return await world.run('build', ['--locked']);
    } finally {
      await copyFile(kept, path);
    }
  }

  test.each(each)('a bit that turned in %s ends the build with exit 4, and the input’s name', async name => {
    const { digest = '', names = '' } = blobs.get(name) ?? {};
    const { exit, stderr, stdout } = await buildWith(digest, flipBit);
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '' });
    expect(stderr).toContain('STORE_BLOB_CORRUPT');
    expect(stderr).toContain(names);
    expect(stderr).toMatch(/^ {2}next: /m);
  });

  // Without a registry behind the base there is nowhere to fetch it from again.
  test.each(['a body', 'the recording'])('%s that is gone ends it with exit 3', async name => {
    const { digest = '', names = '' } = blobs.get(name) ?? {};
    const { exit, stderr } = await buildWith(digest, path => rm(path));
    expect(exit).toBe(3);
    expect(stderr).toContain('STORE_BLOB_MISSING');
    expect(stderr).toContain(names);
  });

  test('a body that is gone is fetched again by `lock`, which moves nothing', async () => {
    const { digest = '' } = blobs.get('a body') ?? {};
    const before = await world.readLock();
    await rm(blobPath(world.store, digest));
    await world.succeed('lock', ['--no-cache', ...servers.addHosts]);
    expect(await world.readLock()).toBe(before);
    await world.emptyCache();
    expect(printedImage(await world.succeed('build', ['--locked']))).toBe(image);
  });

  test('with the blobs as they were the build gives the locked image', async () => {
    await world.emptyCache();
    expect(printedImage(await world.succeed('build', ['--locked']))).toBe(image);
  });
});

describe('entries', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld();
    await world.tinyBase();
  });
  afterAll(() => world.close());

  test('a URL that is another one each time: exit 3, with the step’s place and the URL', async () => {
    const url = `${servers.urls.files}/data`;
    await world.write({
      Dockerfile: `FROM tiny:1\n# a comment\nRUN wget -qO /data ${url}?at=$(cat /proc/sys/kernel/random/uuid)\n`,
    });
    await world.succeed('lock', servers.addHosts);
    await world.emptyCache();
    const before = servers.requestCount();
    const { exit, stderr } = await world.run('build', ['--locked', ...servers.addHosts]);
    expect(exit).toBe(3);
    expect(stderr).toContain('LOCK_MISSING_EXCHANGE');
    expect(stderr).toContain(`GET ${url}?at=`);
    expect(stderr).toContain('  at Dockerfile:3:1\n');
    expect(servers.requestCount()).toBe(before);
  });

  test('the recording of another Dockerfile: exit 3, with the step’s place and the URL', async () => {
    const dockerfile = (path: string) => `FROM tiny:1\nRUN wget -qO /file ${servers.urls.files}${path}\n`;
    await world.write({ Dockerfile: dockerfile('/tool.sh') });
    await rm(world.lockPath);
    await world.succeed('lock', servers.addHosts);
    const other = parseLock(await world.readLock(), 'other');
    await rm(world.lockPath);
    await world.write({ Dockerfile: dockerfile('/data') });
    await world.succeed('lock', servers.addHosts);
    const lock = parseLock(await world.readLock(), 'own');
    const builds = lock.builds.map(build => ({
      ...build,
      recording: other.builds[0]?.recording ?? build.recording,
    }));
    await writeFile(world.lockPath, formatLock({ ...lock, builds, inputs: other.inputs }));
    await world.emptyCache();
    const { exit, stderr } = await world.run('build', ['--locked', ...servers.addHosts]);
    expect(exit).toBe(3);
    expect(stderr).toContain(`GET ${servers.urls.files}/data`);
    expect(stderr).toContain('  at Dockerfile:2:1\n');
  });

  test('a stale lock is an error with --locked and where CI is set; else it is extended, which is said', async () => {
    await rm(world.lockPath);
    const first = `FROM tiny:1\nRUN wget -qO /a ${servers.urls.files}/data\n`;
    await world.write({ Dockerfile: first });
    await world.succeed('lock', servers.addHosts);
    const lock = await world.readLock();
    await world.write({ Dockerfile: `${first}RUN wget -qO /b ${servers.urls.files}/tool.sh\n` });
    const locked = await world.run('build', ['--locked', ...servers.addHosts]);
    const inCi = await world.run('build', servers.addHosts, { env: { CI: '1' } });
    for (const { exit, stderr } of [locked, inCi]) {
      expect(exit).toBe(3);
      expect(stderr).toMatch(/LOCK_STALE.*: Dockerfile has changed since holdfast.lock was written/);
    }
    expect(await world.readLock()).toBe(lock);
    const { stderr } = await world.succeed('build', servers.addHosts);
    expect(stderr).toContain('Dockerfile has changed since holdfast.lock was written: recording what is new');
    expect(stderr).toContain('wrote holdfast.lock; commit it');
    const extended = (await world.readLock()).split('\n');
    for (const line of lock.split('\n').filter(text => text.startsWith('  - {')))
      expect(extended).toContain(line);
    await world.succeed('build', ['--locked']);
  });
});

describe('the lock’s lines, of every section', () => {
  let world: World;
  let lock: string;
  beforeAll(async () => {
    world = await makeWorld();
    await world.debianBases();
    await servers.archive.publish({
      date: new Date('2026-01-01T00:00:00Z'),
      packages: [programPackage('kelp', '1.0-1')],
    });
    servers.npm.publish({ name: 'left', version: '1.2.3', files: { 'index.js': 'module.exports = 1\n' } });
    await world.write({
      'key.asc': servers.archive.key.asc,
      Dockerfile: `FROM node:lts
COPY key.asc /etc/apt/keyrings/test.asc
RUN rm -rf /etc/apt/sources.list* \\
 && echo "deb [signed-by=/etc/apt/keyrings/test.asc] ${servers.urls.apt} stable main" > /etc/apt/sources.list
RUN apt-get update && apt-get install -y kelp
WORKDIR /app
RUN npm install --registry ${servers.urls.npm} left
RUN curl -fsS ${servers.urls.files}/tool.sh | sh
`,
    });
    await world.succeed('lock', servers.addHosts);
    lock = await world.readLock();
  });
  afterAll(() => world.close());

  test('there is a line in each', () => {
    for (const section of ['image', 'archives', 'apt', 'npm', 'file'])
      expect(lock).toMatch(new RegExp(`^${section}:\\n  - \\{`, 'm'));
  });

  test('a bit that turned in any line ends the build with exit 4, and the entry’s name', async () => {
    const lines = lock.split('\n');
    for (const [at, line] of lines.entries()) {
      if (line === '' || line.startsWith('#') || line.startsWith('version')) continue;
      await writeFile(world.lockPath, lines.with(at, withTurnedBit(line)).join('\n'));
      const { exit, stderr } = await world.run('build', ['--locked']);
      expect({ line, exit }).toEqual({ line, exit: 4 });
      expect(stderr).toMatch(/^error LOCK_(ALTERED|INVALID): holdfast\.lock/);
      const name = /(?:reference|name|suite|url): "([^"]*)"/.exec(line)?.[1];
      // A line that is no longer one of a lock is told by its number.
      const place = `  at holdfast.lock:${at + 1}\n`;
      if (name !== undefined) expect(stderr.includes(name) || stderr.includes(place), stderr).toBe(true);
    }
  });

  test('a line that is gone: exit 3, with its name', async () => {
    const lines = lock.split('\n');
    for (const [at, line] of lines.entries()) {
      const name = /^ {2}- \{.*?(?:reference|name|suite|url): "([^"]*)"/.exec(line)?.[1];
      if (name === undefined) continue;
      await writeFile(world.lockPath, lines.toSpliced(at, 1).join('\n'));
      const { exit, stderr } = await world.run('build', ['--locked']);
      expect({ line, exit }).toEqual({ line, exit: 3 });
      expect(stderr).toContain(name);
    }
  });

  test('an index that answers 503 fails the step, whatever the step makes of it', async () => {
    await rm(world.lockPath);
    const dockerfile = await readFile(join(world.project, 'Dockerfile'), 'utf8');
    const upTo = dockerfile.slice(0, dockerfile.indexOf('RUN apt-get'));
    await world.write({ Dockerfile: `${upTo}RUN apt-get update || true\nRUN echo not reached\n` });
    servers.apt.fail(/InRelease$/, { kind: 'status', status: 503, headers: { 'retry-after': '0' } });
    try {
      const { exit, stderr } = await world.run('lock', servers.addHosts);
      expect(exit).toBe(5);
      expect(stderr).toMatch(/GATEWAY_UPSTREAM_STATUS.*dists\/stable\/InRelease answered 503/);
      expect(stderr).toContain('  at Dockerfile:5:1\n');
      expect(stderr).not.toContain('RUN echo not reached\n');
    } finally {
      servers.apt.repair();
    }
  });
});

/** The line with one bit of its middle turned; among digits and letters it stays a character of YAML. */
function withTurnedBit(line: string): string {
  const middle = Math.floor(line.length / 2);
  const turned = String.fromCharCode(line.charCodeAt(middle) ^ 1);
  return line.slice(0, middle) + turned + line.slice(middle + 1);
}
