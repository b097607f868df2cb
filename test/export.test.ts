// A lock in the formats of others: bills of materials, provenance, VEX, and a Nix expression that Nix itself builds.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasNix, openNix } from '../src/nix/testing.ts';
import {
  holdfast,
  lockedImage,
  makeWorld,
  serveFiles,
  startServers,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  serveFiles(servers, { '/tool.sh': 'echo tool\n', '/other': 'other' });
  const get = (path: string) => `wget -q -O /${path} ${servers.urls.files}/${path}`;
  await world.write({
    Dockerfile: `FROM tiny:1 AS base\nRUN ${get('tool.sh')}\nFROM base AS more\nRUN ${get('other')}\n`,
    'holdfast.yaml': 'hold:\n  - name: file\n    until: 2999-12-31\n    why: CVE-2026-12345, no fix yet\n',
  });
  await world.succeed('lock', ['--target', 'base', ...servers.addHosts]);
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

const exported = (what: string, ...args: string[]): Promise<RunResult> =>
  holdfast(['export', what, world.project, ...args], { cwd: world.root, env: { HOME: world.home } });

test('of a lock of one build, with nothing but the lock', async () => {
  const store = ['--store', join(world.root, 'empty')];
  const image = lockedImage(await world.readLock()).slice(7);
  const one = await exported('sbom', '-t', 'example.org/app:1', ...store);
  expect(one.exit).toBe(0);
  expect(one.json).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { purl: 'pkg:docker/example.org/app@1', hashes: [{ content: image }] } },
    components: [{ name: 'tiny' }, { name: 'tool.sh', type: 'file' }],
  });
  expect((await exported('sbom', '-t', 'example.org/app:1', ...store)).stdout).toBe(one.stdout);
  const output = join(world.root, 'spdx.json');
  expect((await exported('sbom', '--format', 'spdx', '-o', output, ...store)).exit).toBe(0);
  expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({ spdxVersion: 'SPDX-2.3' });
  expect((await exported('provenance', ...store)).json).toMatchObject({
    subject: [{ name: '_', digest: { sha256: image } }],
    predicate: {
      buildDefinition: { externalParameters: { dockerfile: 'Dockerfile', target: 'base' } },
    },
  });
  expect((await exported('vex', '--author', 'me', ...store)).json).toMatchObject({
    author: 'me',
    statements: [{ vulnerability: { name: 'CVE-2026-12345' }, status: 'affected' }],
  });
});

test('Nix fetches what the lock names', async context => {
  if (!hasNix) return context.skip('there is no Nix');
  const nix = await openNix();
  const host = /\/\/([^:/]+)/.exec(servers.urls.files)?.[1] ?? '';
  try {
    const file = join(nix.directory, 'lock.nix');
    expect((await exported('nix', '-o', file)).exit).toBe(0);
    // The test's servers have names that this machine alone does not know.
    const text = (await readFile(file, 'utf8')).replaceAll(`"${servers.urls.files}`, match =>
      match.replace(host, '127.0.0.1'),
    );
    await nix.write('lock.nix', text);
    const [path = ''] = (await nix.run('nix-build', '--no-out-link', file, '-A', 'all')).split('\n');
    expect(await readFile(path, 'utf8')).toBe('echo tool\n');
    const image = 'image."tiny:1"."linux/amd64"';
    const layers = await nix.run(
      'nix-instantiate',
      '--eval',
      '--strict',
      '-E',
      `builtins.length (import ${file} { }).${image.replace('amd64', process.arch === 'arm64' ? 'arm64' : 'amd64')}.layers`,
    );
    expect(Number(layers)).toBeGreaterThan(0);
  } finally {
    await nix.close();
  }
});

test('of several builds one is chosen, and the recordings tell what it took', async () => {
  await world.succeed('lock', ['--target', 'more', ...servers.addHosts]);
  const several = await exported('sbom', '--json');
  expect(several).toMatchObject({ exit: 2, json: { error: { code: 'BUILD_NOT_CHOSEN' } } });
  const names = async (target: string) => {
    const { json } = await exported('sbom', '--target', target);
    return (json as { components: { name: string }[] }).components.map(({ name }) => name);
  };
  expect(await names('base')).toEqual(['tiny', 'tool.sh']);
  expect(await names('more')).toEqual(['tiny', 'other', 'tool.sh']);
  await rm(world.store, { recursive: true });
  const missing = await exported('sbom', '--target', 'more', '--json');
  expect(missing).toMatchObject({ exit: 3, json: { error: { code: 'RECORDING_MISSING' } } });
});
