// Whoever keeps the past of Debian's archives nearer than the public service says so in holdfast.yaml.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AptArchive, serveSnapshots, type ArchiveServer } from '../testkit/apt/index.ts';
import { makeWorld, programPackage, type World } from './world.ts';

let world: World;
let archive: AptArchive;
let live: ArchiveServer;
let past: ArchiveServer;

const hosts = ['deb.test', 'past.test'].flatMap(name => ['--add-host', `${name}:127.0.0.1`]);
const dated = { env: { SOURCE_DATE_EPOCH: String(Date.parse('2026-02-02T00:00:00Z') / 1000) } };
const portOf = ({ url }: ArchiveServer) => new URL(url).port;

beforeAll(async () => {
  world = await makeWorld();
  archive = await AptArchive.create({ origin: 'Debian' });
  [live, past] = await Promise.all([archive.serve('debian'), serveSnapshots({ debian: archive })]);
  await world.debianBases(['debian:bookworm']);
  for (const [date, version] of [
    ['2026-02-01T00:00:00Z', '1.0'],
    ['2026-06-01T00:00:00Z', '2.0'],
  ] as const)
    await archive.publish({ date: new Date(date), packages: [programPackage('hello', version)] });
  await world.write({ Dockerfile: 'FROM debian:bookworm\nRUN true\n', 'test.gpg': archive.key.gpg });
  await world.succeed('lock', hosts, dated);
});
afterAll(async () => {
  await world.close();
  await Promise.all([live.close(), past.close()]);
});

test('an archive that is new in the lock is taken as it was on the lock’s date, from where the project says', async () => {
  const service = `http://past.test:${portOf(past)}/archive/debian`;
  await world.write({
    'holdfast.yaml': `snapshots:\n  Debian: ${service}\ncheck:\n  profile: all\n`,
    Dockerfile: `FROM debian:bookworm
RUN true
COPY test.gpg /usr/share/keyrings/test.gpg
RUN rm -f /etc/apt/sources.list.d/* /etc/apt/sources.list && echo 'deb [signed-by=/usr/share/keyrings/test.gpg] http://deb.test:${portOf(live)}/debian stable main' > /etc/apt/sources.list
# ${service}
RUN apt-get update && apt-get install -y hello && test "$(hello)" = 'hello 1.0'
`,
  });
  await world.succeed('lock', hosts);
  expect(await world.readLock()).toContain('{name: "hello", version: "1.0", architecture: ');
  expect(past.requests.length).toBeGreaterThan(0);
});

test.each([
  ['snapshots:\n  Debain: http://past.test/\n', 'snapshots'],
  ['snapshots:\n  Debian: past.test\n', 'snapshots.Debian'],
  ['snapshots:\n  Debian: file:///srv\n', 'snapshots.Debian'],
])('what is no archive or no URL is an error: %j', async (text, named) => {
  await world.write({ 'holdfast.yaml': text });
  const { exit, stderr } = await world.run('lock', hosts);
  expect(exit).toBe(2);
  expect(stderr).toContain('CONFIGURATION_INVALID');
  expect(stderr).toContain(named);
});
