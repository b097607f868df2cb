import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  lockedImage,
  makeWorld,
  programPackage,
  startServers,
  withoutNetwork,
  type World,
} from './world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

test('verify names the files that differ, the steps that wrote them, and why', async () => {
  await world.tinyBase();
  await world.write({
    Dockerfile: `FROM tiny:1
RUN echo constant > /constant
RUN date > /build-date && sleep 1.1
RUN head -c 8 /dev/urandom > /random && chmod 600 /random
`,
  });
  await world.succeed('lock');
  const { exit, json, stderr } = await world.run('verify', ['--json']);
  expect(exit, stderr).toBe(1);
  expect(stderr).toContain('VERIFY_DIFFERS');
  expect(json).toMatchObject({
    same: false,
    differences: [
      { path: '/build-date', cause: 'clock', step: expect.stringContaining('date > /build-date') as string },
      { path: '/random', cause: 'random', step: expect.stringContaining('/dev/urandom') as string },
    ],
  });
  const { stdout } = await world.run('verify');
  expect(stdout).toMatch(/^\/build-date: .*RUN date > \/build-date.*clock$/m);
  expect(stdout).not.toContain('/constant');
});

test('verify finds nothing where apt, users and files are written, and needs no network', async () => {
  await world.debianBases();
  const servers = await startServers();
  try {
    const { archive } = servers;
    await archive.publish({
      date: new Date('2026-02-01T00:00:00Z'),
      packages: [programPackage('hello', '1.0')],
    });
    await world.write({
      Dockerfile: `FROM debian:bookworm
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
RUN adduser --system --group app && ldconfig && mkdir /srv/app && chown app /srv/app
`,
      'test.gpg': archive.key.gpg,
    });
    await world.succeed('lock', servers.addHosts);
  } finally {
    await servers.close();
  }
  const { exit, json, stderr } = await world.run('verify', ['--json'], { through: withoutNetwork });
  expect(exit, stderr).toBe(0);
  expect(json).toMatchObject({ same: true, image: lockedImage(await world.readLock()), differences: [] });
});
