import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  holdfast,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  startServers,
  testUser,
  withoutNetwork,
  type World,
} from './world.ts';

let world: World;
let image: string;
/** When the archive's index stopped being valid. */
let validUntil: Date;
const places: string[] = [];

beforeAll(async () => {
  world = await makeWorld();
  await world.debianBases();
  const servers = await startServers();
  try {
    const { archive } = servers;
    const dockerfile = `FROM debian:bookworm
RUN mkdir -p /opt/files && touch /opt/files/made && ls -la /etc > /opt/files/listing
COPY --chmod=640 --chown=1000 data /srv/data
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
RUN useradd --create-home app && passwd --delete app
USER app
RUN hostname > ~/host && umask > ~/umask && echo "\${TZ-} \${LANG-} $HOME" > ~/environment && sort /etc/passwd > ~/sorted
`;
    await world.write({ Dockerfile: dockerfile, data: 'data\n', 'test.gpg': archive.key.gpg });
    // The layers of the base are unpacked first, so that the index need not be valid for long.
    await world.write({ 'base.Dockerfile': 'FROM debian:bookworm\nRUN true\n' });
    await world.succeed('lock', ['--file', join(world.project, 'base.Dockerfile')]);
    await rm(world.lockPath);
    validUntil = new Date(Date.now() + 30_000);
    await archive.publish({ date: new Date(), validUntil, packages: [programPackage('hello', '1.0')] });
    await world.succeed('lock', servers.addHosts);
    image = lockedImage(await world.readLock());
  } finally {
    await servers.close();
  }
});
afterAll(async () => {
  await world.close();
  for (const place of places) await rm(place, { recursive: true, force: true });
});

/** Copies project and store to another place and returns that place; it has no cache. */
async function moved(): Promise<{ home: string; project: string; store: string; root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'elsewhere-'));
  places.push(root);
  const [home, project, store] = ['Heim', 'Mein Projekt', 'st0re'].map(name => join(root, name));
  await mkdir(home as string);
  await cp(world.project, project as string, { recursive: true });
  await cp(world.store, store as string, { recursive: true });
  return { home: home as string, project: project as string, store: store as string, root };
}

test('another HOME, path, time zone, locale, file mode mask, host name, and a clock a year ahead', async () => {
  const { home, project, store } = await moved();
  const elsewhere = 'umask 077; hostname elsewhere; exec "$@"';
  const { exit, stdout, stderr } = await holdfast(['build', '--locked', '--store', store], {
    cwd: project,
    env: { HOME: home, TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', USER: 'nobody' },
    through: ['unshare', '--net', '--uts', 'sh', '-c', elsewhere, 'sh', 'faketime', '-f', '+1y'],
  });
  expect(exit, stderr).toBe(0);
  expect(stdout.trim()).toBe(image);
});

const user = testUser();
test.skipIf(user === undefined)('a normal user', async () => {
  const { root, home, project, store } = await moved();
  await promisify(execFile)('chown', ['-R', `${user ?? ''}:`, root]);
  const { exit, stdout, stderr } = await holdfast(['build', project, '--locked', '--store', store], {
    cwd: home,
    env: { HOME: home },
    through: withoutNetwork,
    ...(user !== undefined && { user }),
  });
  expect(exit, stderr).toBe(0);
  expect(stdout.trim()).toBe(image);
});

test('an index whose Valid-Until has passed is still the one that was locked', async () => {
  await sleep(Math.max(0, validUntil.getTime() + 1000 - Date.now()));
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(image);
});
