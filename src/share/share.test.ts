import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SmallRegistry } from '../../testkit/registries/small-registry.ts';
import { sha256, type Digest } from '../core/index.ts';
import { noCredentials, parseReference, RegistryClient } from '../registry/index.ts';
import { sampleImage } from '../registry/testing/sample-image.ts';
import { startScripted } from '../registry/testing/scripted-server.ts';
import { openWorkspace, type Workspace } from '../registry/testing/stores.ts';
import type { Store } from '../store/index.ts';
import { artifactOf, artifactType } from './artifact.ts';
import { openPlace, parsePlace, pullLock, pushLock } from './index.ts';
import { lockOf } from './testing.ts';

let work: Workspace;
let client: RegistryClient;
let registry: SmallRegistry;
let store: Store;
let fresh: Store;
beforeAll(async () => {
  work = await openWorkspace();
  client = await RegistryClient.open({ env: {}, homeDirectory: '/', credentials: noCredentials });
});
afterAll(async () => {
  await client.close();
  await work.remove();
});
beforeEach(async () => {
  registry = await SmallRegistry.start();
  store = await work.newStore();
  fresh = await work.newStore();
});
afterEach(() => registry.close());

const openAt = (text: string) => openPlace(parsePlace(text), () => Promise.resolve(client));
const place = (path = 'team/blobs') => openAt(`${registry.domain}/${path}`);
const texts = (count: number) => Array.from({ length: count }, (_, n) => `text ${n}`);
const held = async ({ root }: Store) => (await readdir(join(root, 'blobs', 'sha256'))).toSorted();

describe('what a lock needs', () => {
  test('is pushed once, and pulled into an empty store', async () => {
    const lock = await lockOf(store, texts(5));
    const pushed = await pushLock(lock, store, place());
    expect(pushed).toMatchObject({ blobs: 6, sent: 6 });
    expect(await pullLock(lock, fresh, place())).toMatchObject({ blobs: 6, received: 6 });
    expect(await held(fresh)).toEqual((await held(store)).filter(name => name !== sha256('{}').slice(7)));
    expect(await pullLock(lock, fresh, place())).toMatchObject({ received: 0 });
  });

  test('travels no further than it is new', async () => {
    await pushLock(await lockOf(store, texts(5)), store, place());
    registry.requests.length = 0;
    const lock = await lockOf(store, texts(6));
    expect(await pushLock(lock, store, place())).toMatchObject({ blobs: 7, sent: 2 });
    // The new text and the new recording; the empty configuration is asked for.
    expect(registry.count('PUT', /\/blobs\/(?:uploads|sha256)/)).toBe(2);
    expect(registry.count('HEAD', /\/blobs\/(?:uploads|sha256)/)).toBe(3);
    registry.requests.length = 0;
    expect(await pushLock(lock, store, place())).toMatchObject({ sent: 0 });
    expect(registry.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
    expect(registry.count('HEAD', /\/blobs\/(?:uploads|sha256)/)).toBe(1);
  });

  test('has its images in it, which are mounted where the registry has them', async () => {
    const image = await sampleImage(store, ['one', 'two']);
    const reference = `${registry.domain}/team/base:1`;
    const { config, layers } = JSON.parse((await store.readBytes(image.digest)).toString()) as {
      config: { digest: Digest; size: number; mediaType: string };
      layers: { digest: Digest; size: number; mediaType: string }[];
    };
    for (const blob of [config, ...layers])
      await client.pushBlob({ repository: parseReference(reference), blob, store });
    const lock = await lockOf(store, [], { ...image, config: config.digest, reference });
    // The manifest is no blob of the other repository; it travels, with the recording.
    expect(await pushLock(lock, store, place())).toMatchObject({ blobs: 5, sent: 2 });
    expect(registry.count('POST', /mount=.*from=team%2Fbase/)).toBeGreaterThanOrEqual(3);
    await pullLock(lock, fresh, place());
    expect(await fresh.readBytes(image.digest)).toEqual(await store.readBytes(image.digest));
  });

  test('keeps a name of its own beside that of the next version', async () => {
    const first = await lockOf(store, ['a']);
    const second = await lockOf(store, ['b']);
    const [one, two] = [await pushLock(first, store, place()), await pushLock(second, store, place())];
    expect(one.tags[0]).not.toBe(two.tags[0]);
    expect(await place().named([one.tags[0] ?? ''])).toContain(sha256('a'));
    expect(await pushLock(first, store, place(), { tag: 'mine' })).toMatchObject({ tags: ['mine'] });
    expect(await place().named(['mine'])).toContain(sha256('a'));
  });

  test('may lie in a layout as well', async () => {
    const directory = join(work.directory, 'layout');
    const lock = await lockOf(store, texts(3));
    expect(await openAt(`oci:${directory}`).named(['latest'])).toEqual(new Set());
    expect(await pushLock(lock, store, openAt(`oci:${directory}`))).toMatchObject({ sent: 4 });
    expect(await pushLock(lock, store, openAt(`oci:${directory}`))).toMatchObject({ sent: 0 });
    expect(await pullLock(lock, fresh, openAt(`oci:${directory}`))).toMatchObject({ received: 4 });
  });

  test('is not pulled from where it is not', async () => {
    const lock = await lockOf(store, texts(2));
    const missing = { code: 'SHARE_MISSING', exit: 3, next: expect.stringContaining('store push') };
    await expect(pullLock(lock, fresh, place())).rejects.toMatchObject(missing);
    await expect(pullLock(lock, fresh, openAt('oci:/nonexistent'))).rejects.toMatchObject(missing);
  });
});

describe('a blob', () => {
  test('that rotted in the store is not sent', async () => {
    const lock = await lockOf(store, ['sound', 'rotten']);
    await writeFile(store.pathOf(sha256('rotten')), 'ROTTEN');
    await expect(pushLock(lock, store, place())).rejects.toMatchObject({
      code: 'STORE_BLOB_CORRUPT',
      exit: 4,
      message: expect.stringContaining('files.test/rotten'),
    });
    expect([...registry.blobs.keys()]).not.toContain(sha256('rotten'));
    expect(registry.count('PUT', /\/manifests\//)).toBe(0);
  });

  test('that is asked for by digest alone is not taken where it is too large to be one', async () => {
    const liar = await startScripted((_, response) => {
      response.writeHead(200, { 'content-length': 10 ** 12 }).end();
    });
    const lock = await lockOf(store, ['a']);
    await expect(pullLock(lock, fresh, openAt(`${liar.domain}/team/blobs`))).rejects.toMatchObject({
      code: 'SHARE_TOO_LARGE',
      exit: 4,
    });
    expect(liar.seen.filter(({ method, url }) => method === 'GET' && url.includes('/blobs/'))).toEqual([]);
    await liar.stop();
    expect(await held(fresh)).toEqual([]);
  });

  test('that rotted at the place is not taken', async () => {
    const lock = await lockOf(store, ['sound', 'rotten']);
    await pushLock(lock, store, place());
    registry.blobs.set(sha256('rotten'), Buffer.from('ROTTEN'));
    await expect(pullLock(lock, fresh, place())).rejects.toMatchObject({ exit: 4 });
    expect(await fresh.has(sha256('rotten'))).toBe(false);
  });

  test('that only the place has is no obstacle; one that nobody has is', async () => {
    await pushLock(await lockOf(store, ['a', 'b']), store, place());
    const lock = await lockOf(store, ['a', 'b', 'c']);
    await rm(store.pathOf(sha256('a')));
    expect(await pushLock(lock, store, place(), { tag: 'other' })).toMatchObject({ blobs: 4, sent: 2 });
    await rm(store.pathOf(sha256('c')));
    await expect(pushLock(lock, store, place('team/else'))).rejects.toMatchObject({
      code: 'SHARE_INCOMPLETE',
      exit: 3,
      message: expect.stringContaining('2 of the blobs'),
    });
  });
});

describe('the artifact', () => {
  const blobs = (count: number) => texts(count).map(text => ({ digest: sha256(text), size: text.length }));

  test('of few blobs is one manifest, of an own type', () => {
    const { manifests, top } = artifactOf(blobs(1000));
    expect(manifests).toEqual([top]);
    expect(JSON.parse(top.bytes.toString())).toMatchObject({ artifactType, config: { size: 2 } });
    expect(artifactOf(blobs(1000).toReversed()).top.descriptor).toEqual(top.descriptor);
  });

  test('of ten thousand is an index of manifests far below the limit, most of which the next one shares', () => {
    const before = artifactOf(blobs(10_000));
    const after = artifactOf(blobs(10_001));
    expect(before.manifests).toHaveLength(16);
    for (const { bytes } of before.manifests) expect(bytes.byteLength).toBeLessThan(1024 * 1024);
    const layers = before.manifests.flatMap(
      ({ bytes }) => (JSON.parse(bytes.toString()) as { layers: { digest: string }[] }).layers,
    );
    expect(new Set(layers.map(({ digest }) => digest)).size).toBe(10_000);
    const known = new Set(before.manifests.map(({ descriptor }) => descriptor.digest));
    expect(after.manifests.filter(({ descriptor }) => !known.has(descriptor.digest))).toHaveLength(1);
  });

  test('of many blobs goes to a registry and comes back', async () => {
    const lock = await lockOf(store, texts(1200));
    const pushed = await pushLock(lock, store, place());
    expect(pushed.sent).toBe(1201);
    registry.requests.length = 0;
    expect(await pushLock(lock, store, place())).toMatchObject({ sent: 0 });
    expect(registry.requests.length).toBeLessThan(80);
    const pulled = await pullLock(lock, fresh, place());
    expect(pulled).toMatchObject({ received: 1201, receivedBytes: pushed.bytes, bytes: pushed.bytes });
  });
});
