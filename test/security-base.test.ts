// The base's own packages, on the real Debian archive: a base made before the archive's security suite was published
// shows the fixes that it lacks, and `update --security` closes exactly those: by a newer base, or by a step's upgrade.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { FeedServer, trackerJson, type TrackedFlaw } from '../testkit/feeds/index.ts';
import { DebianMirror, debianSources, isNewer } from './debian-mirror.ts';
import {
  holdfast,
  lockedImage,
  makeWorld,
  printedImage,
  withoutNetwork,
  type RunResult,
  type World,
} from './world.ts';

const sources = await debianSources();
const missing = noDockerRegistry ?? (typeof sources === 'string' ? sources : undefined);
if (missing !== undefined) console.log(`skipped: ${missing}`);

let mirror: DebianMirror;
let registry: DockerRegistry;
let feeds: FeedServer;
/** Makes bases and pushes them; what it has no store of a user has. */
let publisher: World;
let plain: World;
let upgrading: World;
/** What the archive fixed since the base was made. */
let fixes: TrackedFlaw[];

const decoys: TrackedFlaw[] = [
  { source: 'base-files', id: 'CVE-2026-9001', status: 'resolved', fixed: '1' }, // The base has it already.
  { source: 'apache2', id: 'CVE-2026-9002', status: 'resolved', fixed: '9:1' }, // It is not installed.
  { source: 'base-files', id: 'CVE-2026-9003', status: 'resolved', fixed: '9:1' }, // No archive has it.
];
const left = ['CVE-2026-9003'];

interface BasePackage {
  readonly name: string;
  readonly version: string;
}

beforeAll(async () => {
  if (missing !== undefined || typeof sources === 'string') return;
  [publisher, plain, upgrading] = [await makeWorld(), await makeWorld(), await makeWorld()];
  [mirror, registry, feeds] = [
    await DebianMirror.start(sources),
    await startDockerRegistry(),
    await FeedServer.start(),
  ];
  const old = await publishBase('12');
  const upgrade = 'apt-get update && apt-get upgrade -y';
  // What is upgraded in a stage that is only copied from is not upgraded in the image.
  await project(plain, 'apt-get update', upgrade);
  await project(upgrading, upgrade);
  await Promise.all([plain, upgrading].map(world => world.succeed('lock', hosts)));
  for (const world of [plain, upgrading]) commit(world);

  fixes = await fixesSince(old);
  expect(fixes.length, 'the archive has fixes that the base lacks').toBeGreaterThan(0);
  feeds.documents.set('/tracker', trackerJson([...fixes, ...decoys]));
  mirror.publishSecurity();
}, 600_000);
afterAll(async () => {
  if (missing !== undefined) return;
  await Promise.all([mirror, feeds, publisher, plain, upgrading].map(one => one.close()));
  await registry.stop();
});

const hosts = ['--add-host', 'deb.test:127.0.0.1'];
const archive = () => `http://deb.test:${mirror.port}${mirror.path}`;
const reference = (tag: string) => `${registry.domain}/base:${tag}`;

/** A base of what the mirror has now, in the registry and in the publisher's store alone. */
async function publishBase(tag: string): Promise<readonly BasePackage[]> {
  const key = join(publisher.root, 'test.gpg');
  await writeFile(key, mirror.key);
  const keyrings = [...mirror.keyrings, key].flatMap(path => ['--keyring', path]);
  const output = ['--output', `docker://${reference(tag)}`];
  const { exit, stderr, json } = await holdfast(
    ['base', 'bookworm', '--mirror', archive(), ...keyrings, ...output, '--json'],
    { env: { HOME: publisher.home, http_proxy: `http://127.0.0.1:${mirror.port}` } },
  );
  expect(exit, stderr).toBe(0);
  return (json as { packages: BasePackage[] }).packages;
}

async function project(world: World, command: string, builder?: string): Promise<void> {
  const stage = (text: string, name = '') => `FROM ${reference('12')}${name}
COPY test.gpg /etc/apt/trusted.gpg.d/test.gpg
RUN ${text}
`;
  const built = builder === undefined ? '' : stage(`${builder} && uname >/built`, ' AS builder');
  await world.write({
    Dockerfile: `# The archive is at ${archive()}/
${built}${stage(command)}${builder === undefined ? '' : 'COPY --from=builder /built /\n'}`,
    'test.gpg': mirror.key,
    'holdfast.yaml': `advisories:\n  debian: ["${feeds.url}/tracker"]\n  osv: []\n`,
  });
  git(world, 'init', '--quiet');
}

const git = (world: World, ...args: string[]) =>
  execFileSync('git', ['-C', world.project, ...args], { stdio: 'pipe' });

function commit(world: World): void {
  git(world, 'add', '--all');
  git(
    world,
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.org',
    'commit',
    '--quiet',
    '-m',
    'Locked',
  );
}

/** An advisory for each source whose newest version in the security suite is newer than what some packages were built from. */
async function fixesSince(installed: readonly BasePackage[]): Promise<TrackedFlaw[]> {
  const versions = new Map(installed.map(({ name, version }) => [name, version]));
  const built = new Map<string, string>();
  for (const one of await mirror.packages('bookworm'))
    if (versions.get(one.name) === one.version) built.set(one.source, one.sourceVersion);
  const fixed = new Map<string, string>();
  for (const { source, sourceVersion } of await mirror.packages('bookworm-security')) {
    const base = built.get(source);
    if (base !== undefined && isNewer(sourceVersion, fixed.get(source) ?? base))
      fixed.set(source, sourceVersion);
  }
  return [...fixed].map(([source, version], n) => ({
    source,
    id: `CVE-2026-${1001 + n}`,
    status: 'resolved',
    fixed: version,
  }));
}

const ids = (flaws: readonly { id: string }[]) => flaws.map(({ id }) => id).toSorted();

interface Item {
  readonly from: string;
  readonly advisories: readonly { flaw: string; closedBy?: string }[];
}

/** By what each open advisory of the base's packages is closed. */
async function remedies(world: World): Promise<Map<string, string | undefined>> {
  const { exit, stderr, json } = await world.run('outdated', [...hosts, '--json']);
  expect(exit, stderr).toBe(1);
  const items = (json as { locks: { items: Item[] }[] }).locks.flatMap(lock => lock.items);
  const base = items.filter(({ from }) => from === 'base');
  return new Map(
    base.flatMap(({ advisories }) => advisories.map(({ flaw, closedBy }) => [flaw, closedBy] as const)),
  );
}

const allBy = (closedBy: string) =>
  new Map<string, string | undefined>([
    ...fixes.map(({ id }) => [id, closedBy] as const),
    ...left.map(id => [id, undefined] as const),
  ]);

interface Updated {
  readonly advisories: Readonly<Record<'closed' | 'left' | 'opened', { flaw: string }[]>>;
  readonly changes: readonly { section: string; name: string; from: string[] }[];
}

async function update(world: World): Promise<Updated> {
  const { json } = await world.succeed('update', ['--security', '--json', ...hosts]);
  const { advisories } = json as Updated;
  const flaws = (of: 'closed' | 'left' | 'opened') =>
    [...new Set(advisories[of].map(({ flaw }) => flaw))].toSorted();
  expect(flaws('closed')).toEqual(ids(fixes));
  expect(flaws('left')).toEqual(left);
  expect(flaws('opened')).toEqual([]);
  return json as Updated;
}

/** What the lock has builds with the network gone; revert brings the former image back, which does too. */
async function offlineAndBack(world: World, before: string): Promise<void> {
  const offline = async () => {
    const built: RunResult = await world.succeed('build', ['--locked'], { through: withoutNetwork });
    expect(printedImage(built)).toBe(lockedImage(await world.readLock()));
    return printedImage(built);
  };
  expect(await offline()).not.toBe(before);
  await world.succeed('revert');
  expect(await offline()).toBe(before);
}

test.skipIf(missing)(
  'a step that upgrades: what closes an advisory moves, and nothing else of the archive',
  async () => {
    const before = lockedImage(await upgrading.readLock());
    expect(await remedies(upgrading)).toEqual(allBy('upgrading-step'));
    const { changes } = await update(upgrading);
    const sourceOf = new Map((await mirror.packages('bookworm-security')).map(one => [one.name, one.source]));
    const moved = changes.filter(({ section }) => section === 'apt');
    // They are new to the lock, and not to the image.
    expect(moved.map(({ from }) => from.length)).toEqual(moved.map(() => 1));
    const movedSources = new Set(moved.map(({ name }) => sourceOf.get(name.replace(/ .*/, ''))));
    expect(movedSources).toEqual(new Set(fixes.map(({ source }) => source)));
    expect(changes.filter(({ section }) => section !== 'apt')).toEqual([]);
    await offlineAndBack(upgrading, before);
  },
  600_000,
);

test.skipIf(missing)(
  'no step that upgrades: a newer base under the same tag closes them, and says so though only the registry has it',
  async () => {
    const before = lockedImage(await plain.readLock());
    expect(await remedies(plain)).toEqual(allBy('upgrade'));
    const unmoved = await plain.succeed('update', ['--security', ...hosts]);
    expect(unmoved.stdout).toContain('no open advisory is closed by a move');
    expect((await plain.run('update', ['--only', 'dpkg', ...hosts])).stderr).toContain('UPDATE_OF_BASE');

    await publishBase('12');
    expect(await remedies(plain)).toEqual(allBy('image'));
    const { changes } = await update(plain);
    expect(changes.map(({ section }) => section)).toEqual(['image']);
    await offlineAndBack(plain, before);
  },
  600_000,
);
