import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { pushedPlaces, Store } from './index.ts';

let root: string;
let store: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  store = await Store.open(root);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const descriptor = (digest = sha256('x')) => ({ mediaType: 'application/json', digest, size: 1 });

describe('a blob', () => {
  test('is kept under its digest and read back', async () => {
    const { digest, size } = await store.put('kelp');
    expect(digest).toBe(sha256('kelp'));
    expect(size).toBe(4);
    expect((await buffer(store.read(digest))).toString()).toBe('kelp');
    expect((await store.readBytes(digest)).toString()).toBe('kelp');
  });

  test('that is not what was expected is refused and leaves nothing', async () => {
    await expect(store.put('kelp', { digest: sha256('rock') })).rejects.toMatchObject({
      code: 'STORE_DIGEST_MISMATCH',
      exit: 4,
    });
    await expect(store.put('kelp', { size: 3 })).rejects.toMatchObject({ code: 'STORE_DIGEST_MISMATCH' });
    expect(await readdir(join(root, 'blobs', 'sha256'))).toEqual([]);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  test('with one changed bit is never handed out as whole', async () => {
    const { digest } = await store.put('kelp');
    await writeFile(store.pathOf(digest), 'kelq');
    await expect(buffer(store.read(digest))).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT', exit: 4 });
    await expect(store.readBytes(digest)).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
  });

  test('that is absent says so', async () => {
    await expect(buffer(store.read(sha256('x')))).rejects.toMatchObject({ code: 'STORE_BLOB_MISSING' });
  });

  test('whose source breaks leaves nothing', async () => {
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('cut');
    }
    await expect(store.put(broken())).rejects.toThrow('cut');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});

describe('names', () => {
  test('are given, moved and survive reopening', async () => {
    await store.tag('debian:bookworm', descriptor());
    await store.tag('debian:bookworm', descriptor(sha256('y')));
    const again = await Store.open(root);
    expect((await again.tagged('debian:bookworm'))?.digest).toBe(sha256('y'));
    expect(await again.tags()).toHaveLength(1);
  });

  test('given by many at once are all kept', async () => {
    const others = await Promise.all(Array.from({ length: 8 }, () => Store.open(root)));
    await Promise.all(others.map((other, n) => other.tag(`image:${n}`, descriptor())));
    expect(await store.tags()).toHaveLength(8);
  });

  test('remember with the image where it was pushed, and forget it with another', async () => {
    const places = async () => (await store.tags()).map(tag => pushedPlaces(tag.descriptor));
    await store.tag('a:1', descriptor());
    await store.notePushed(sha256('x'), 'host.test/a:1');
    await store.tag('b:1', descriptor());
    await store.notePushed(sha256('x'), 'host.test/a:1');
    await store.notePushed(sha256('x'), 'host.test/b:1');
    await store.notePushed(sha256('y'), 'host.test/c:1');
    expect(await places()).toEqual(Array(2).fill(['host.test/a:1', 'host.test/b:1']));
    await store.tag('a:1', descriptor(sha256('y')));
    await store.tag('b:1', descriptor(sha256('y')));
    expect(await places()).toEqual([[], []]);
  });

  test('in a damaged index are an error with a next step', async () => {
    await writeFile(join(root, 'index.json'), '{"schemaVersion":1}');
    await expect(store.tags()).rejects.toMatchObject({ code: 'STORE_INDEX_INVALID' });
  });
});
