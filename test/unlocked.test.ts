import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  lockedImage,
  makeWorld,
  printedImage,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let url: string;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  url = `${servers.urls.files}/members-only`;
  servers.files.pages.set('/members-only', (_request, response) => response.writeHead(403).end('no'));
  await world.write({ Dockerfile: `FROM tiny:1\nRUN wget -q -O /page ${url} || echo without > /page\n` });
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

test('what a step does without is in the lock with a reason', async () => {
  const { stderr } = await world.succeed('lock', servers.addHosts);
  expect(stderr).toContain('GATEWAY_DENIED');
  expect(await world.readLock()).toContain(
    `\nunlocked:\n  - {reason: "GATEWAY_DENIED", url: "${url}", status: 403}\n`,
  );
  // Locking again asks again and comes to the same.
  const lock = await world.readLock();
  await world.succeed('lock', ['--no-cache', ...servers.addHosts]);
  expect(await world.readLock()).toBe(lock);
});

test('a build from the lock refuses it, unless the project allows it by name', async () => {
  const locked = () => world.run('build', ['--locked'], { through: withoutNetwork });
  const refused = await locked();
  expect(refused.exit).toBe(3);
  expect(refused.stderr).toContain('LOCK_UNLOCKED');
  expect(refused.stderr).toContain(url);

  await world.write({ 'holdfast.yaml': 'unlocked:\n  allow: [http://elsewhere.test/]\n' });
  expect((await locked()).exit).toBe(3);

  await world.write({ 'holdfast.yaml': `unlocked:\n  allow:\n    - ${url}\n` });
  await world.emptyCache();
  const allowed = await locked();
  expect(allowed.exit, allowed.stderr).toBe(0);
  expect(printedImage(allowed)).toBe(lockedImage(await world.readLock()));
});

test.each([
  ['unlocked:\n  alow: []\n', 'alow'],
  ['unlocked: [', 'holdfast.yaml'],
  ['unlocked:\n  allow: yes\n', 'unlocked.allow'],
])('a configuration that says something else is an error: %j', async (text, named) => {
  await world.write({ 'holdfast.yaml': text });
  const { exit, stderr } = await world.run('build', ['--locked']);
  expect(exit).toBe(2);
  expect(stderr).toContain('CONFIGURATION_INVALID');
  expect(stderr).toContain(named);
});
