import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  serveFiles,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.debianBases();
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

/** What people write: nothing pinned, several stages, a script from the web run by the shell. */
const dockerfile = () => `FROM node:lts AS build
WORKDIR /src
COPY package.json .npmrc ./
RUN npm install
COPY index.js ./
RUN node index.js > greeting

FROM debian:bookworm AS unused
RUN curl -f ${servers.urls.files}/not-there

FROM debian:bookworm
${archiveLines(servers)}
RUN apt-get update && apt-get install -y tool=1.0
RUN apt-get update && apt-get upgrade -y && apt-get install -y --no-install-recommends hello \\
 && rm -rf /var/lib/apt/lists/*
RUN curl -fsSL ${servers.urls.files}/get | sh
COPY --from=build /src/greeting /srv/greeting
RUN useradd --create-home app
USER app
WORKDIR /home/app
RUN [ "$(id -un) $(tool) $(hello)" = "app tool 1.1 hello 1.0" ] && fetched && grep 'good morning' /srv/greeting
CMD ["hello"]
`;

test('after lock, with the network gone and the cache emptied, build --locked gives the locked digest', async () => {
  await publish();
  const { exit, stderr, json } = await world.run('lock', ['--json', ...servers.addHosts]);
  expect(exit, stderr).toBe(0);
  const lock = await world.readLock();
  const image = lockedImage(lock);
  expect(json).toMatchObject({ changed: true, image, inputs: { image: 2, archives: 1, apt: 4, npm: 2 } });
  for (const line of [
    'name: "tool", version: "1.0"',
    'name: "tool", version: "1.1"',
    'name: "libgreeting", version: "1.0"',
    'name: "morning", version: "2.1.0"',
    'name: "@words/good", version: "1.0.3"',
    `url: "${servers.urls.files}/releases/fetched-3"`,
    `url: "${servers.urls.files}/get", status: 302`,
  ])
    expect(lock).toContain(line);
  expect(lock).not.toContain('not-there');

  const requests = servers.requestCount();
  await world.emptyCache();
  const output = join(world.root, 'out');
  const offline = { through: withoutNetwork };
  const built = await world.succeed('build', ['--locked', '--output', `oci:${output}`], offline);
  expect(printedImage(built)).toBe(image);
  expect(servers.requestCount()).toBe(requests);
  expect(await readFile(join(output, 'index.json'), 'utf8')).toContain(image);
  expect(await readdir(join(output, 'blobs', 'sha256'))).toContain(image.replace('sha256:', ''));
  expect(await world.readLock()).toBe(lock);
});

test('where CI is set a stale lock is an error that changes nothing', async () => {
  const lock = await world.readLock();
  await world.write({ Dockerfile: `${dockerfile()}RUN true\n` });
  const { exit, stderr } = await world.run('build', [], { env: { CI: 'true' } });
  expect({ exit, stderr }).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('LOCK_STALE') as string,
  });
  expect(await world.readLock()).toBe(lock);
});

async function publish(): Promise<void> {
  const { archive, npm, urls } = servers;
  await archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [
      programPackage('tool', '1.0'),
      programPackage('tool', '1.1'),
      programPackage('hello', '1.0', 'libgreeting (>= 1.0)'),
      { name: 'libgreeting', version: '1.0', files: { '/usr/lib/greeting': 'good day\n' } },
    ],
  });
  npm.publish(
    { name: '@words/good', version: '1.0.3', files: { 'index.js': "module.exports = 'good';\n" } },
    { name: 'morning', version: '1.9.0' },
    {
      name: 'morning',
      version: '2.1.0',
      dependencies: { '@words/good': '^1.0.0' },
      files: { 'index.js': "module.exports = require('@words/good') + ' morning';\n" },
    },
  );
  serveFiles(servers, {
    '/get': '-> /scripts/get.sh',
    '/scripts/get.sh': `set -e
curl -fsSL ${urls.files}/releases/latest -o /tmp/version
curl -fsSL ${urls.files}/releases/fetched-$(cat /tmp/version) -o /usr/local/bin/fetched
chmod 755 /usr/local/bin/fetched
`,
    '/releases/latest': '3\n',
    '/releases/fetched-3': '#!/bin/sh\necho fetched 3\n',
  });
  await world.write({
    Dockerfile: dockerfile(),
    'test.gpg': archive.key.gpg,
    '.npmrc': `registry=${urls.npm}/\n`,
    'package.json': '{"name": "service", "private": true, "dependencies": {"morning": "*"}}\n',
    'index.js': "console.log(require('morning'));\n",
  });
}
