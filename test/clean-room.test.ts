// Whoever has a lock, and none of our code, can fetch and check what it names. Sixty lines are enough for that.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noDockerRegistry, startDockerRegistry } from '../src/registry/testing/docker-registry.ts';
import { RegistryImages } from './support-registry.ts';
import {
  archiveLines,
  makeWorld,
  programPackage,
  serveFiles,
  startServers,
  type Servers,
  type World,
} from './world.ts';

const reader = join(import.meta.dirname, 'clean-room-reader.mjs');
const date = '2026-02-01T00:00:00Z';

let world: World;
let servers: Servers;
let registryImage: string | undefined;
const closing: (() => Promise<void>)[] = [];

const dockerfile = () => `FROM languages:1
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
RUN pip install --break-system-packages --index-url ${servers.urls.pypi} --trusted-host pypi.test web
WORKDIR /app
RUN npm install --registry ${servers.urls.npm} server
RUN curl -fsSL -o /srv/model ${servers.urls.files}/latest/model
${registryImage === undefined ? '' : `COPY --from=${registryImage} /marker /srv/marker`}
`;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  closing.push(
    () => world.close(),
    () => servers.close(),
  );
  await world.debianBases();
  if (noDockerRegistry === undefined) {
    const registry = await startDockerRegistry();
    closing.push(() => registry.stop());
    registryImage = `${registry.domain}/marked:1`;
    await new RegistryImages(registry.domain).busybox('marked:1', 'from a registry');
  } else {
    console.log(`skipped: the image line of a registry; ${noDockerRegistry}`);
  }
  await servers.archive.publish({
    date: new Date(date),
    packages: [programPackage('hello', '1.0+git~1', 'libhello'), programPackage('libhello', '1:2.0')],
  });
  servers.pypi.add('Web', '1.0', { uploadTime: date, requires: ['shared'] });
  servers.pypi.add('shared', '1.1', { uploadTime: date });
  servers.npm.publish(
    { name: 'server', version: '1.0.0', time: date, dependencies: { '@scope/util': '^1.0.0' } },
    { name: '@scope/util', version: '1.2.0', time: date },
    // npm looks for a newer npm.
    { name: 'npm', version: '1.0.0', time: date },
  );
  serveFiles(servers, { '/latest/model': '-> /1.0/model', '/1.0/model': 'the model\n' });
  await world.write({ Dockerfile: dockerfile(), 'test.gpg': servers.archive.key.gpg });
  await world.succeed('lock', servers.addHosts);
}, 600_000);
afterAll(async () => {
  for (const close of closing) await close();
});

interface Reading {
  readonly exit: number;
  /** One for each line of the lock, without ports. */
  readonly said: string[];
}

async function read(): Promise<Reading> {
  const HOSTS = ['deb', 'npm', 'pypi', 'files'].map(name => `${name}.test=127.0.0.1`).join(' ');
  const env = { PATH: process.env['PATH'], HOSTS };
  const ended = promisify(execFile)(process.execPath, [reader, world.lockPath], { env });
  const { stdout, code = 0 } = (await ended.catch((error: { stdout: string; code: number }) => error)) as {
    stdout: string;
    code?: number;
  };
  return {
    exit: code,
    said: stdout
      .trimEnd()
      .replaceAll(/:\d+(?=\/)/g, '')
      .split('\n'),
  };
}

const rightLines = [
  'right apt hello 1.0+git~1',
  'right apt libhello 1:2.0',
  'right file http://files.test/1.0/model',
  'right npm @scope/util 1.2.0',
  'right npm server 1.0.0',
  'right pypi shared 1.1',
  'right pypi web 1.0',
];

test('the reader has under sixty lines and none of our code', async () => {
  const text = await readFile(reader, 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThan(60);
  const imports = [...text.matchAll(/\bimport\b[^'"]*['"]([^'"]+)['"]/g)].map(([, module]) => module);
  expect(imports.filter(module => module?.startsWith('node:') !== true)).toEqual(['yaml']);
});

test('it finds every immutable input where the lock says, and says what it does not fetch', async () => {
  const { exit, said } = await read();
  expect(said.filter(line => line.startsWith('WRONG'))).toEqual([]);
  expect(exit).toBe(0);
  const fromRegistry = registryImage === undefined ? [] : [`right image 127.0.0.1/marked:1`];
  expect(said.filter(line => line.startsWith('right')).toSorted()).toEqual(
    [...rightLines, ...fromRegistry].toSorted(),
  );
  expect(said.filter(line => line.startsWith('skipped'))).toEqual([
    'skipped image languages:1: names no registry',
    'skipped archives http://deb.test/: an index, which moves',
    'skipped file http://files.test/latest/model: not a file, but status 302',
  ]);
});

test('a file that is served with other bytes is told by name', async () => {
  serveFiles(servers, { '/1.0/model': 'the mould\n' });
  const { exit, said } = await read();
  expect(exit).toBe(1);
  expect(said.filter(line => line.startsWith('WRONG'))).toEqual([
    expect.stringMatching(
      /^WRONG file http:\/\/files\.test\/1\.0\/model: has another content, [0-9a-f]{64}$/,
    ),
  ]);
});

test('so is a package of which one bit has turned, and one that is gone', async () => {
  serveFiles(servers, { '/1.0/model': 'the model\n' });
  servers.apt.fail(/libhello_/, { kind: 'flip' });
  servers.apt.fail(/\/hello_/, { kind: 'status', status: 404 });
  const { exit, said } = await read();
  servers.apt.repair();
  expect(exit).toBe(1);
  expect(said.filter(line => line.startsWith('WRONG')).toSorted()).toEqual([
    'WRONG apt hello 1.0+git~1: answered 404',
    expect.stringMatching(/^WRONG apt libhello 1:2\.0: has another content, /),
  ]);
});
