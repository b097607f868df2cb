// Two locks, or two images, told apart.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  holdfast,
  makeWorld,
  printedImage,
  serveFiles,
  startServers,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
const images: string[] = [];

const dockerfile = (mode: string) => `FROM tiny:1
ENV MODE=${mode}
RUN wget -q -O /motd ${servers.urls.files}/motd
RUN echo ${mode} >/mode && echo always >/always
`;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  const git = (...args: string[]) => execFileSync('git', ['-C', world.project, ...args], { stdio: 'pipe' });
  for (const [name, text] of [
    ['one', 'first\n'],
    ['two', 'second\n'],
  ] as const) {
    serveFiles(servers, { '/motd': text });
    await world.write({ Dockerfile: dockerfile(name) });
    await world.succeed('lock', servers.addHosts);
    if (name === 'two') await world.succeed('update', servers.addHosts);
    const built = await world.succeed('build', [
      '--locked',
      '-t',
      `told/${name}:1`,
      '-o',
      `oci:${join(world.root, name)}:1`,
    ]);
    images.push(printedImage(built));
    if (name === 'two') continue;
    git('init', '--quiet');
    git('add', 'holdfast.lock');
    git('-c', 'user.name=Test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '-m', 'Lock');
  }
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

const diff = (...args: string[]) =>
  holdfast(['diff', ...args], { cwd: world.project, env: { HOME: world.home } });

test('locks: the one of a commit beside the one that is there', async () => {
  const { exit, stdout } = await diff('HEAD:holdfast.lock', 'holdfast.lock');
  expect(exit).toBe(1);
  expect(stdout).toMatch(/^file +http:\/\/files\.test:\d+\/motd +[0-9a-f]{12} → [0-9a-f]{12}$/m);
  expect(stdout).toContain('1 moved');
  expect((await diff('holdfast.lock', 'holdfast.lock', '--json')).json).toEqual({ same: true, changes: [] });
});

test('images: settings, and files by the step that wrote them', async () => {
  const places = ['one', 'two'].map(name => `oci:${join(world.root, name)}:1`) as [string, string];
  const { exit, stdout } = await diff(...places);
  expect(exit).toBe(1);
  expect(stdout).toContain('  - Env MODE one\n  + Env MODE two\n');
  expect(stdout).toMatch(/^RUN .*wget .*: 1 file\n {2}content {2}\/motd$/m);
  // Whether the two were locked within one second is chance.
  expect(stdout).toMatch(/^RUN .*echo two .*: 1 file(?:, and 1 in time alone)?\n {2}content {2}\/mode$/m);
  expect(stdout).not.toContain('/always\n');
  expect(await diff(places[0], images[0] ?? '')).toMatchObject({ exit: 0 });
  expect(await diff(places[1], 'told/two:1')).toMatchObject({ exit: 0 });
});

test('images in archives, also as Docker wrote them before version 25, and in directories', async () => {
  const from = `oci:${join(world.root, 'one')}:1`;
  const archive = join(world.root, 'one.tar');
  for (const place of [`docker-archive:${archive}:told/one:1`, `dir:${join(world.root, 'dir')}`]) {
    await holdfast(['copy', from, place], { cwd: world.project, env: { HOME: world.home } });
    expect(await diff(place, images[0] ?? '')).toMatchObject({ exit: 0 });
  }
  const unpacked = join(world.root, 'unpacked');
  await mkdir(unpacked);
  execFileSync('tar', ['-xf', archive, '-C', unpacked]);
  execFileSync('tar', ['-cf', archive, '-C', unpacked, 'manifest.json', 'blobs']);
  expect(await diff(`docker-archive:${archive}`, images[0] ?? '')).toMatchObject({ exit: 0 });
  expect(await diff(`docker-archive:${archive}`, images[1] ?? '')).toMatchObject({
    exit: 1,
    stdout: expect.stringContaining('  - Env MODE one\n'),
  });
});

test('as a page, of images beside the text, and of locks in its place', async () => {
  const file = join(world.root, 'page.html');
  const { stdout } = await diff(`oci:${join(world.root, 'one')}:1`, images[1] ?? '', '--html', file);
  expect(stdout).toContain('/motd');
  const page = await readFile(file, 'utf8');
  expect(page).toContain('<span class="minus">- first</span><span class="plus">+ second</span>');
  expect(page).toContain('<td class="name">Env MODE</td>');
  const locks = await diff('HEAD:holdfast.lock', 'holdfast.lock', '--format', 'html');
  expect(locks).toMatchObject({ exit: 1, stdout: expect.stringContaining('<h1>1 input differs</h1>') });
});

test('what is neither, or no pair', async () => {
  const missing = await diff('HEAD:nothing.lock', 'holdfast.lock');
  expect(missing).toMatchObject({ exit: 2 });
  expect(missing.stderr).toContain('DIFF_UNREADABLE');
  expect((await diff('base:old', 'base:new')).stderr).toContain('base:old is no file, no image of the store');
  const mixed = await diff(images[0] ?? '', 'holdfast.lock');
  expect(mixed).toMatchObject({ exit: 2 });
  expect(mixed.stderr).toContain('DIFF_MIXED');
});
