import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GitServer } from '../testkit/git/index.ts';
import { tarOf } from '../testkit/tar.ts';
import { configOf } from './built-image.ts';
import {
  holdfast,
  makeWorld,
  printedImage,
  serveFiles,
  startServers,
  withoutNetwork,
  type RunOptions,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let git: GitServer;
beforeAll(async () => {
  [world, servers, git] = await Promise.all([makeWorld(), startServers(), GitServer.start()]);
  await world.tinyBase();
});
afterAll(() => Promise.all([world.close(), servers.close(), git.close()]));

/** Runs the program in a directory of its own, which holds nothing at first. */
let here: string;
let count = 0;
beforeEach(async () => {
  here = join(world.root, `here-${count++}`);
  await mkdir(here);
});
const run = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  holdfast([...args, '--progress', 'plain'], { cwd: here, env: { HOME: world.home }, ...options });

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(here, path)), { recursive: true });
    await writeFile(join(here, path), content);
  }
}

async function succeed(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  const result = await run(args, options);
  expect(result.exit, result.stderr).toBe(0);
  return result;
}

describe('the context on standard input', () => {
  test('is empty where a Dockerfile comes; the lock is in the current directory', async () => {
    const dockerfile = 'FROM tiny:1\nRUN echo piped > /file\n';
    const built = await succeed(['build', '-'], { stdin: dockerfile });
    expect(await readFile(join(here, 'holdfast.lock'), 'utf8')).toContain('dockerfile: "-"');
    const again = await succeed(['build', '-', '--locked'], { stdin: dockerfile, through: withoutNetwork });
    expect(printedImage(again)).toBe(printedImage(built));
    const copying = await run(['build', '-'], { stdin: 'FROM tiny:1\nCOPY holdfast.lock /\n' });
    expect([copying.exit, copying.stderr]).toEqual([2, expect.stringContaining('COPY_SOURCE_MISSING')]);
    expect(copying.stderr).toContain('at -:2:1');
  });

  const files = [
    { path: 'sub/', type: '5', mode: 0o755 },
    { path: 'sub/Other', content: Buffer.from('FROM tiny:1\nCOPY a /b\nRUN [ "$(cat /b)" = sent ]\n') },
    { path: 'a', content: Buffer.from('sent') },
    { path: '.dockerignore', content: Buffer.from('a\n') },
  ];

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', (tar: Buffer) => gzipSync(tar)],
    ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
  ])('may be an archive: %s', async (_, compressed) => {
    await succeed(['build', '-', '-f', 'sub/Other'], { stdin: compressed(tarOf(files)) });
    expect(await readFile(join(here, 'holdfast.lock'), 'utf8')).toContain('dockerfile: "sub/Other"');
  });

  test('brings its own lock, which is read and not written', async () => {
    const dockerfile = { path: 'Dockerfile', content: Buffer.from('FROM tiny:1\nRUN echo a > /a\n') };
    await write({ Dockerfile: dockerfile.content.toString() });
    await succeed(['lock', '.']);
    const lock = await readFile(join(here, 'holdfast.lock'));
    await rename(join(here, 'holdfast.lock'), join(here, 'aside'));
    const sent = (text: Buffer) =>
      run(['build', '-'], {
        stdin: tarOf([
          { ...dockerfile, content: text },
          { path: 'holdfast.lock', content: lock },
        ]),
      });
    expect((await sent(dockerfile.content)).exit).toBe(0);
    const stale = await sent(Buffer.from('FROM tiny:1\nRUN echo b > /a\n'));
    expect([stale.exit, stale.stderr]).toEqual([2, expect.stringContaining('error LOCK_NOT_KEPT')]);
  });

  test('an archive that leads out of itself reaches nothing', async () => {
    await writeFile(join(world.root, 'outside'), 'FROM tiny:1\nRUN echo outside\n');
    const linked = await run(['build', '-'], {
      stdin: tarOf([{ path: 'Dockerfile', type: '2', link: '../../outside' }]),
    });
    expect([linked.exit, linked.stderr]).toEqual([2, expect.stringContaining('DOCKERFILE_MISSING')]);
    const above = await run(['build', '-'], { stdin: tarOf([{ path: '../x', content: Buffer.from('x') }]) });
    expect([above.exit, above.stderr]).toEqual([4, expect.stringContaining('TAR_UNSAFE')]);
  });

  test('the Dockerfile alone may come by it', async () => {
    await write({ 'app/a': 'a', 'app/.dockerignore': 'b\n', 'app/b': 'b' });
    await succeed(['build', 'app', '-f', '-'], {
      stdin: 'FROM tiny:1\nCOPY . /c\nRUN [ -e /c/a ] && [ ! -e /c/b ]\n',
    });
    expect(await readFile(join(here, 'app', 'holdfast.lock'), 'utf8')).toContain('dockerfile: "-"');
    const twice = await run(['build', '-', '-f', '-'], { stdin: 'FROM tiny:1\n' });
    expect([twice.exit, twice.stderr]).toEqual([2, expect.stringContaining('STDIN_TWICE')]);
    const none = await run(['build', 'app', '-f', '-']);
    expect([none.exit, none.stderr]).toEqual([2, expect.stringContaining('STDIN_EMPTY')]);
  });
});

describe('a named context', () => {
  test('of files stands in for a stage and an image, and its own .dockerignore counts', async () => {
    await write({
      'app/Dockerfile': `FROM nowhere.test/image AS files
RUN never
FROM tiny:1
COPY --from=files a /one
COPY --from=other.test/image:latest sub/b /two
RUN --mount=from=files,target=/all [ "$(cat /one /two /all/a)" = "$(printf 'a\\nb\\na')" ] && [ ! -e /all/left-out ]
FROM files
COPY --from=1 /one /three
`,
      'files/a': 'a\n',
      'files/left-out': '',
      'files/.dockerignore': 'left-out\n',
      'other/sub/b': 'b\n',
    });
    const contexts = ['--build-context', 'files=files', '--build-context', 'other.test/image=other'];
    const built = await succeed(['build', 'app', ...contexts]);
    const again = await succeed(['build', 'app', ...contexts, '--locked'], { through: withoutNetwork });
    expect(printedImage(again)).toBe(printedImage(built));
    // Its files are no part of the lock's checksum, as those of the main context are none.
    await write({ 'files/a': 'a\n', 'files/more': 'more' });
    const changed = await succeed(['build', 'app', ...contexts, '--locked']);
    expect(changed.stderr).toContain('the image is another one');
    expect((await run(['build', 'app', '--locked'])).exit).toBe(3);
  });

  test('of an image is locked like one, from a layout too', async () => {
    await write({ 'base/Dockerfile': 'FROM tiny:1\nENV FOO=bar\nONBUILD RUN echo "$FOO" > /ran\n' });
    const dated = ['--build-arg', 'SOURCE_DATE_EPOCH=1600000000'];
    const base = await succeed(['build', 'base', ...dated, '-t', 'made:1', '-o', `oci:${here}/layout:made`]);
    const dockerfile = 'FROM golang:1.22\nRUN [ "$(cat /ran)" = bar ]\nFROM tiny:1 AS empty\nFROM empty\n';
    await write({ 'app/Dockerfile': dockerfile });
    const target = ['build', 'app', '--target', '0'];
    const image = ['--build-context', 'docker.io/library/golang:1.22=docker-image://made:1'];
    const built = await configOf(world, await succeed([...target, ...image]));
    expect((await configOf(world, base)).created).toBe('2020-09-13T12:26:40Z');
    expect(Date.parse(built.created ?? '')).toBeGreaterThan(1_600_000_000_000);
    const lockPath = join(here, 'app', 'holdfast.lock');
    expect(await readFile(lockPath, 'utf8')).toContain('{reference: "made:1", platform:');
    const layout = ['--build-context', `golang:1.22=oci-layout://${here}/layout:made`];
    await succeed([...target, ...layout]);
    expect(await readFile(lockPath, 'utf8')).toContain('{reference: "oci-layout://golang:1.22", platform:');
    await rename(join(here, 'layout'), join(here, 'moved'));
    await succeed([...target, ...layout, '--locked'], { through: withoutNetwork });
    // Its platform is the one that FROM names, not the one that is built for.
    await write({ 'app/foreign': 'FROM --platform=$BUILDPLATFORM golang:1.22\nRUN [ -e /ran ]\n' });
    const foreign = ['-f', 'app/foreign', '--platform', 'linux/s390x', '--lockfile', `${here}/foreign.lock`];
    await succeed(['build', 'app', ...foreign, ...image]);
    const scratch = await succeed(['build', 'app', '--build-context', 'empty=docker-image://scratch']);
    expect((await configOf(world, scratch)).rootfs.diff_ids).toEqual([]);
  });

  test('of a repository or a file over HTTP is locked, and had again without a network', async () => {
    const repository = await git.create('context.git');
    await repository.commit({ date: '2026-01-01T00:00:00Z', files: { 'docs/page': 'first\n' } });
    serveFiles(servers, { '/file$': 'file\n' });
    await write({
      Dockerfile: `FROM tiny:1
COPY --from=source page /page
COPY --from=download context /file
RUN [ "$(cat /page /file)" = "$(printf 'first\\nfile')" ]
`,
    });
    const hosts = [...servers.addHosts, '--add-host', 'git.test:127.0.0.1'];
    const contexts = [
      '--build-context',
      `source=http://git.test:${git.port}/context.git#main:docs`,
      '--build-context',
      `download=${servers.urls.files}/file$`,
    ];
    const built = await succeed(['build', '.', ...contexts, ...hosts]);
    const lock = await readFile(join(here, 'holdfast.lock'), 'utf8');
    expect(lock).toContain(`url: "http://git.test:${git.port}/context.git", commit: "`);
    await repository.commit({ date: '2026-06-01T00:00:00Z', files: { 'docs/page': 'second\n' } });
    serveFiles(servers, { '/file$': 'changed\n' });
    await world.emptyCache();
    const again = await succeed(['build', '.', ...contexts, '--locked'], { through: withoutNetwork });
    expect(printedImage(again)).toBe(printedImage(built));
  });

  test.each([
    ['x', 'CONTEXT_INVALID'],
    ['x=', 'CONTEXT_INVALID'],
    ['x=nothing-here', 'CONTEXT_MISSING'],
    ['X=.', 'REFERENCE_INVALID'],
    ['x=docker-image://UPPER', 'REFERENCE_INVALID'],
    ['x=oci-layout://a@sha256:0', 'CONTEXT_INVALID'],
    ['x=git@git.test:a.git', 'GIT_PROTOCOL'],
    ['x=https://git.test/a.git?branch=a#b', 'GIT_REFERENCE'],
  ])('%s is refused', async (text, code) => {
    await write({ Dockerfile: 'FROM tiny:1\n' });
    const { exit, stderr } = await run(['build', '.', '--build-context', text]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`error ${code}: `)]);
  });
});

describe('the context by URL', () => {
  const hosts = () => [...servers.addHosts, '--add-host', 'git.test:127.0.0.1'];

  test('is a repository, whose commit is locked where the lock is not in it', async () => {
    const repository = await git.create('app.git');
    const page = (text: string) => ({
      Dockerfile: 'FROM tiny:1\n',
      'sub/page': text,
      'sub/Dockerfile': dockerfile,
    });
    const dockerfile = 'FROM tiny:1\nCOPY . /c\nRUN [ ! -e /c/.git ] && cat /c/page\n';
    await repository.commit({ date: '2026-01-01T00:00:00Z', files: page('first') });
    const url = `http://git.test:${git.port}/app.git#main:sub`;
    const built = await succeed(['build', url, ...hosts()]);
    const lock = await readFile(join(here, 'holdfast.lock'), 'utf8');
    expect(lock).toContain(`url: "http://git.test:${git.port}/app.git", commit: "`);
    await repository.commit({ date: '2026-06-01T00:00:00Z', files: page('second') });
    await world.emptyCache();
    const again = await succeed(['build', url, '--locked'], { through: withoutNetwork });
    expect(printedImage(again)).toBe(printedImage(built));

    // One that carries its lock says itself what it is; its inputs are those that were locked.
    const own = { 'holdfast.lock': lock.replace('dockerfile: "Dockerfile"', 'dockerfile: "other"') };
    await repository.commit({
      date: '2026-07-01T00:00:00Z',
      files: Object.fromEntries(Object.entries(own).map(([name, text]) => [`sub/${name}`, text])),
    });
    await rename(join(here, 'holdfast.lock'), join(here, 'aside'));
    const altered = await run(['build', url, ...hosts()]);
    expect([altered.exit, altered.stderr]).toEqual([4, expect.stringContaining('error LOCK_ALTERED')]);
  });

  test('keeps .git where BuildKit’s argument asks for it', async () => {
    const repository = await git.create('kept.git');
    const dockerfile = 'FROM tiny:1\nCOPY . /c\nRUN [ -d /c/.git ]\n';
    await repository.commit({ date: '2026-01-01T00:00:00Z', files: { Dockerfile: dockerfile } });
    const url = `http://git.test:${git.port}/kept.git`;
    await succeed(['build', url, '--build-arg', 'BUILDKIT_CONTEXT_KEEP_GIT_DIR=1', ...hosts()]);
    expect((await run(['build', url, '--lockfile', 'other.lock', ...hosts()])).exit).toBe(6);
  });

  test('is an archive or a Dockerfile', async () => {
    const { pages } = servers.files;
    const archive = gzipSync(
      tarOf([{ path: 'Dockerfile', content: Buffer.from('FROM tiny:1\nCOPY a /b\n') }, { path: 'a' }]),
    );
    pages.set('/app.tgz', (_request, response) => response.end(archive));
    serveFiles(servers, { '/Dockerfile': 'FROM tiny:1\nENV A=b\n' });
    const urls = [`${servers.urls.files}/app.tgz`, `${servers.urls.files}/Dockerfile`];
    const built = [];
    for (const url of urls)
      built.push(await succeed(['build', url, '--lockfile', `${built.length}.lock`, ...hosts()]));
    serveFiles(servers, { '/app.tgz': 'FROM nothing', '/Dockerfile': 'FROM nothing' });
    for (const [n, url] of urls.entries()) {
      const again = await succeed(['build', url, '--lockfile', `${n}.lock`, '--locked'], {
        through: withoutNetwork,
      });
      expect(printedImage(again)).toBe(printedImage(built[n] as RunResult));
    }
    expect(await readFile(join(here, '0.lock'), 'utf8')).toContain(`file:\n  - {url: "${urls[0]}"`);
  });

  test('has a date, which the image takes where BuildKit’s argument asks for it', async () => {
    const dockerfile =
      'FROM tiny:1\nARG SOURCE_DATE_EPOCH\nCOPY Dockerfile /\nRUN echo "$SOURCE_DATE_EPOCH" | grep -qx "1[0-9]*"\n';
    const repository = await git.create('dated.git');
    await repository.commit({ date: '2020-01-02T00:00:00Z', files: { Dockerfile: dockerfile } });
    const { pages } = servers.files;
    const mtime = Date.parse('2020-01-03T00:00:00Z') / 1000;
    const archive = tarOf([{ path: 'Dockerfile', content: Buffer.from(dockerfile), mtime }]);
    pages.set('/own.tar', (_request, response) => response.end(archive));
    pages.set('/served.tar', (_request, response) =>
      response.setHeader('Last-Modified', 'Sat, 04 Jan 2020 00:00:00 GMT').end(archive),
    );
    for (const [url, day] of [
      [`http://git.test:${git.port}/dated.git`, 2],
      [`${servers.urls.files}/own.tar`, 3],
      [`${servers.urls.files}/served.tar`, 4],
    ] as const) {
      const args = [url, '--lockfile', `${day}.lock`, '--build-arg', 'SOURCE_DATE_EPOCH=context'];
      const { created } = await configOf(world, await succeed(['build', ...args, ...hosts()]));
      expect([url, created]).toEqual([url, `2020-01-0${day}T00:00:00Z`]);
      await succeed(['build', ...args, '--locked'], { through: withoutNetwork });
    }
  });

  test.each([
    ['http://files.test/missing', 6, 'ADD_FAILED'],
    ['ssh://git@git.test/a.git', 2, 'GIT_PROTOCOL'],
  ])('%s is refused', async (url, exit, code) => {
    const port = new URL(servers.urls.files).port;
    const result = await run(['build', url.replace('files.test', `files.test:${port}`), ...hosts()]);
    expect([result.exit, result.stderr]).toEqual([exit, expect.stringContaining(`error ${code}: `)]);
  });
});

test('the lock may be elsewhere, and labels make another image and no stale lock', async () => {
  await write({ Dockerfile: 'FROM tiny:1\nLABEL a=1 b=2\n', '.dockerignore': '' });
  const lockfile = ['--lockfile', 'locks/app.lock'];
  await mkdir(join(here, 'locks'));
  const plain = await succeed(['build', '.', ...lockfile]);
  await succeed(['build', '.', ...lockfile, '--locked']);
  await expect(readFile(join(here, 'holdfast.lock'))).rejects.toThrow('ENOENT');
  const labelled = await succeed(['build', '.', ...lockfile, '--locked', '--label', 'b=3', '--label', 'c']);
  expect(labelled.stderr).toContain('the image is another one');
  expect(printedImage(labelled)).not.toBe(printedImage(plain));
  expect((await configOf(world, labelled)).config?.Labels).toEqual({ a: '1', b: '3', c: '' });
});

test('the Dockerfile’s own .dockerignore wins', async () => {
  await write({
    'a.Dockerfile': 'FROM tiny:1\nCOPY . /c\nRUN [ -e /c/x ] && [ ! -e /c/y ]\n',
    'a.Dockerfile.dockerignore': 'y\n',
    '.dockerignore': 'x\n',
    x: '',
    y: '',
  });
  await succeed(['build', '.', '-f', 'a.Dockerfile']);
});

test('the frontend that a file names is in the lock, and a newer one is told of', async () => {
  await write({ Dockerfile: '# syntax=docker/dockerfile:1.21\n# check=skip=all;error=true\nFROM scratch\n' });
  const { stderr } = await succeed(['lock', '.'], { through: withoutNetwork });
  expect(stderr).toContain('docker/dockerfile:1.21');
  expect(await readFile(join(here, 'holdfast.lock'), 'utf8')).toContain(
    '    syntax: "docker/dockerfile:1.21"\n',
  );
});
