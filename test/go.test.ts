// A new version of one Go module must not move Debian, nor a new module anything else (hermit, research: 3fdc60a).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goMod, GoProxy, goProgram } from '../testkit/go/index.ts';
import { putGoBase } from './go-base.ts';
import {
  archiveLines,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let go: GoProxy;
let hosts: readonly string[];

const lockDate = '2026-02-02T00:00:00Z';
const before = '2026-01-15T00:00:00Z';
const later = '2026-06-01T00:00:00Z';

/** The build cache holds the time of each action. */
const dockerfile = (tools: readonly string[]) => `FROM go:1
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
ENV GOPROXY=http://go.test:${go.port} GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0
RUN ${tools.map(tool => `go install example.org/${tool}@latest && `).join('')}rm -rf /root/.cache
WORKDIR /app
COPY go.mod main.go ./
RUN go mod download && go build -o /usr/local/bin/app . && rm -rf /root/.cache
RUN hello && app && for tool in ${tools.join(' ')}; do /root/go/bin/$tool; done
`;

const application = (requires: Readonly<Record<string, string>>) => ({
  'go.mod': goMod('app.test/app', requires),
  'main.go': goProgram('app', Object.keys(requires)),
});

const library = (path: string, version: string, time: string, requires = {}) => ({
  path,
  version,
  time,
  requires,
  files: { 'library.go': 'package library\n' },
});

const program = (path: string, version: string, time: string, requires = {}) => ({
  path,
  version,
  time,
  requires,
  files: { 'main.go': goProgram(`${path} ${version}`, Object.keys(requires)) },
});

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  go = await GoProxy.start();
  hosts = [...servers.addHosts, '--add-host', 'go.test:127.0.0.1'];
  await putGoBase(world.store);
  await servers.archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [programPackage('hello', '1.0', 'libhello'), programPackage('libhello', '1.0')],
  });
  go.publish(
    library('example.org/Log', 'v1.0.0', before),
    library('example.org/flags/v2', 'v2.3.0', before),
    program('example.org/tool', 'v0.9.0', before),
    program('example.org/tool', 'v1.0.0', before, { 'example.org/Log': 'v1.0.0' }),
    program('example.org/added', 'v1.4.0', before, { 'example.org/leaf': 'v0.1.0' }),
    library('example.org/leaf', 'v0.1.0', before),
  );
  go.now = lockDate;
  await world.write({
    Dockerfile: dockerfile(['tool']),
    'test.gpg': servers.archive.key.gpg,
    ...application({ 'example.org/flags/v2': 'v2.3.0' }),
  });
  await world.succeed('lock', hosts, {
    env: { SOURCE_DATE_EPOCH: String(Date.parse(lockDate) / 1000) },
  });

  await servers.archive.publish({
    date: new Date(later),
    packages: [programPackage('hello', '2.0'), programPackage('libhello', '2.0')],
  });
  go.publish(
    ...['tool', 'added', 'newborn'].map(name => program(`example.org/${name}`, 'v1.9.0', later)),
    library('example.org/Log', 'v1.9.0', later),
    library('example.org/leaf', 'v0.2.0', later),
    library('example.org/flags/v2', 'v2.4.0', later),
  );
  go.now = '2027-01-01T00:00:00Z';
}, 900_000);
afterAll(async () => {
  await world.close();
  await go.close();
  await servers.close();
});

/** `NAME VERSION` of each package. */
function named(lines: readonly string[]): string[] {
  return lines.map(line => /name: "([^"]+)", version: "([^"]+)"/.exec(line)?.slice(1).join(' ') ?? line);
}

const inputLines = (lock: string) => lock.split('\n').filter(line => line.startsWith('  - {'));

/** What `lock` does to the lock's inputs after an edit; Debian's archive must not even be asked. */
async function lockAgain(files: Readonly<Record<string, string>>) {
  const [old, asked] = [await world.readLock(), servers.apt.requests.length];
  await world.write(files);
  await world.succeed('lock', hosts);
  expect(servers.apt.requests.length).toBe(asked);
  const text = await world.readLock();
  expect(/^asOf: .*$/m.exec(text)?.[0]).toBe(`asOf: "${lockDate}"`);
  const [was, is] = [inputLines(old), inputLines(text)];
  return {
    text,
    added: named(is.filter(line => !was.includes(line))),
    gone: named(was.filter(line => !is.includes(line))),
  };
}

async function expectSameOffline(lock: string): Promise<void> {
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(lock));
}

test('the lock names modules with their versions', async () => {
  const lock = await world.readLock();
  expect(named(inputLines(lock)).filter(line => !line.startsWith(' '))).toEqual([
    'hello 1.0',
    'libhello 1.0',
    'example.org/Log v1.0.0',
    'example.org/flags/v2 v2.3.0',
    'example.org/tool v1.0.0',
  ]);
  expect(lock).not.toMatch(/^file:/m);
});

test('a module that came later is an error that says so, and the lock stays', async () => {
  const old = await world.readLock();
  await world.write({ Dockerfile: dockerfile(['tool', 'newborn']) });
  const { exit, stderr } = await world.run('lock', hosts);
  expect(exit, stderr).toBe(6);
  expect(stderr).toContain('AS_OF_ABSENT');
  expect(stderr).toContain('/example.org/newborn');
  expect(stderr).toContain(lockDate);
  expect(await world.readLock()).toBe(old);
});

test('a new module is added as of the date, and nothing of Debian moves', async () => {
  const { text, added, gone } = await lockAgain({ Dockerfile: dockerfile(['tool', 'added']) });
  expect(added).toEqual(['example.org/added v1.4.0', 'example.org/leaf v0.1.0']);
  expect(gone).toEqual([]);
  await expectSameOffline(text);
});

test('a module that go.mod raises to a version of after the date moves alone', async () => {
  const { text, added, gone } = await lockAgain(application({ 'example.org/flags/v2': 'v2.4.0' }));
  expect(added).toEqual(['example.org/flags/v2 v2.4.0']);
  expect(gone).toEqual(['example.org/flags/v2 v2.3.0']);
  await expectSameOffline(text);
});
