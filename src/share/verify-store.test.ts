import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { formatLock, type Lock } from '../lock/index.ts';
import { Store } from '../store/index.ts';
import { noteLock, verifyStore } from './index.ts';
import { lockOf } from './testing.ts';

let root: string;
let store: Store;
let lock: Lock;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-rot-'));
  store = await Store.open(join(root, 'store'));
  path = join(root, 'holdfast.lock');
  lock = await lockOf(store, ['sound', 'rotten', 'lost']);
  await writeFile(path, formatLock(lock));
  await noteLock(store, path, formatLock(lock), lock);
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('a sound store is found sound', async () => {
  expect(await verifyStore(store, { since: 0 })).toMatchObject({ blobs: 4, bad: [] });
});

test('what rotted and what is lost is told, with what it is and who needs it, and left as it is', async () => {
  await writeFile(store.pathOf(sha256('rotten')), 'ROTTEN');
  await rm(store.pathOf(sha256('lost')));
  const { bad } = await verifyStore(store, { since: 0 });
  expect(bad).toHaveLength(2);
  expect(bad).toContainEqual({
    digest: sha256('rotten'),
    problem: 'corrupt',
    size: 6,
    what: 'https://files.test/rotten',
    neededBy: [path],
  });
  expect(bad).toContainEqual(expect.objectContaining({ digest: sha256('lost'), problem: 'missing' }));
  expect(await store.size(sha256('rotten'))).toBe(6);
});

test('what was repaired names what else is missing', async () => {
  const recording = lock.builds[0]?.recording ?? sha256('');
  const bytes = await store.readBytes(recording);
  for (const lost of [recording, sha256('lost')]) await rm(store.pathOf(lost));
  const asked: string[] = [];
  const { bad } = await verifyStore(store, {
    since: 0,
    repair: async ({ digest }, { answer }) => {
      asked.push(answer?.key.url ?? digest);
      await store.put(digest === recording ? bytes : 'lost', { digest });
      return 'here';
    },
  });
  expect(asked).toEqual([recording, 'https://files.test/lost']);
  expect(bad.map(({ repairedFrom }) => repairedFrom)).toEqual(['here', 'here']);
  expect(await verifyStore(store, { since: 0 })).toMatchObject({ bad: [] });
});

test('a rotten layer that builds make themselves is removed where nobody has it; what they need stays', async () => {
  const layer = await store.put('made by a build');
  const config = await store.put('{"rootfs":{"type":"layers","diff_ids":[]}}');
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  };
  const image = await store.put(JSON.stringify(manifest));
  const [build] = lock.builds;
  const built = { ...lock, builds: build ? [{ ...build, image: image.digest }] : [] };
  await writeFile(path, formatLock(built));
  await noteLock(store, path, formatLock(built), built);
  for (const digest of [layer.digest, sha256('rotten')]) await writeFile(store.pathOf(digest), 'ROTTEN');
  const told = await verifyStore(store, { since: Date.now() });
  expect(told.bad.map(({ removed }) => removed)).toEqual([undefined, undefined]);
  const { bad } = await verifyStore(store, { since: Date.now(), repair: async () => undefined });
  expect(bad).toContainEqual(expect.objectContaining({ digest: layer.digest, removed: true }));
  expect(bad).toContainEqual(expect.not.objectContaining({ removed: true }));
  expect([await store.size(layer.digest), await store.size(sha256('rotten'))]).toEqual([undefined, 6]);
  // What has a name alone is made by no lock's build.
  await store.put('made by a build');
  await store.tag('app:1', { mediaType: type, ...image });
  await writeFile(path, formatLock(lock));
  await writeFile(store.pathOf(layer.digest), 'ROTTEN');
  const named = await verifyStore(store, { since: Date.now() + 1, repair: async () => undefined });
  expect(named.bad.map(({ removed }) => removed)).toEqual([undefined, undefined]);
});
