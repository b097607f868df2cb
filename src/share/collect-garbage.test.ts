import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hexOf, sha256 } from '../core/index.ts';
import { formatLock, type Lock } from '../lock/index.ts';
import { sampleImage } from '../registry/testing/sample-image.ts';
import { Store } from '../store/index.ts';
import { collectGarbage, noteLock, storeUsage } from './index.ts';
import { lockOf } from './testing.ts';

let root: string;
let store: Store;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-gc-'));
  store = await Store.open(join(root, 'store'));
  path = join(root, 'project', 'holdfast.lock');
  await mkdir(join(root, 'project'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const hour = 3_600_000;
const since = () => Date.now() - 24 * hour;
const has = (text: string) => store.list().then(all => all.some(({ digest }) => digest === sha256(text)));

/** A project whose lock names these texts, as after a build. */
async function build(texts: readonly string[]): Promise<Lock> {
  const lock = await lockOf(store, texts);
  await writeFile(path, formatLock(lock));
  await noteLock(store, path, formatLock(lock), lock);
  return lock;
}

/** All that is in the store, and all that it knows of locks, becomes two days older. */
async function age(): Promise<void> {
  const then = new Date(Date.now() - 48 * hour);
  for (const directory of ['blobs/sha256', 'locks']) {
    const whole = join(store.root, directory);
    for (const name of await readdir(whole).catch(() => [])) await utimes(join(whole, name), then, then);
  }
}

const gc = (options: Partial<Parameters<typeof collectGarbage>[1]> = {}) =>
  collectGarbage(store, { since: since(), dryRun: false, ...options });

describe('what stays', () => {
  test('is what a lock names, however old, and what was used of late', async () => {
    await build(['locked']);
    await store.put('garbage');
    await age();
    await store.put('young');
    const { removed, young } = await gc();
    expect(removed.map(({ digest }) => digest)).toEqual([sha256('garbage')]);
    expect(young).toMatchObject({ blobs: 1, bytes: 5 });
    expect([await has('locked'), await has('garbage'), await has('young')]).toEqual([true, false, true]);
  });

  test('is what somebody asked for, although nothing names it', async () => {
    const { digest } = await store.put('asked for');
    await age();
    expect(await store.has(digest)).toBe(true);
    expect((await gc()).removed).toEqual([]);
  });

  test('is an old version of a lock for as long as it is used', async () => {
    await build(['first']);
    await build(['second']);
    expect((await gc({ since: since() })).removed).toEqual([]);
    await age();
    const { removed } = await gc();
    expect(removed.map(({ what }) => what)).toContain('https://files.test/first');
    expect([await has('first'), await has('second')]).toEqual([false, true]);
  });

  test('is all of a lock in the middle of a merge', async () => {
    const lock = await build(['first']);
    await writeFile(path, `<<<<<<< ours\n${formatLock(lock)}=======\n>>>>>>> theirs\n`);
    await age();
    expect((await gc()).removed).toEqual([]);
  });

  test('is what a named lock needs, and goes with a lock that is gone', async () => {
    const lock = await build(['first']);
    await rm(path);
    await age();
    const other = join(root, 'other.lock');
    await writeFile(other, formatLock(lock));
    expect((await gc({ keep: [other] })).removed).toEqual([]);
    expect((await gc({ dryRun: true })).removed).toHaveLength(2);
    expect(await has('first')).toBe(true);
    expect((await gc()).removed).toHaveLength(2);
    expect(await readdir(join(store.root, 'locks'))).toEqual([]);
  });

  test('is every version that git knows, where that is asked for', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', [
        '-C',
        join(root, 'project'),
        '-c',
        'user.name=k',
        '-c',
        'user.email=k@k.test',
        ...args,
      ]);
    await build(['first']);
    git('init', '--quiet');
    git('add', 'holdfast.lock');
    git('commit', '--quiet', '--message', 'one');
    await build(['second']);
    await age();
    expect((await gc({ gitHistory: true })).removed).toEqual([]);
    await gc();
    expect([await has('first'), await has('second')]).toEqual([false, true]);
  });

  test('is an image with a name, and what of it is there', async () => {
    const image = await sampleImage(store, ['one', 'two']);
    const unnamed = await sampleImage(store, ['three']);
    await store.tag('app:1', image);
    await age();
    expect((await gc()).removed.map(({ digest }) => digest)).toContain(unnamed.digest);
    expect((await store.list()).map(({ digest }) => digest)).toContain(image.digest);
    expect(await store.list()).toHaveLength(4);
  });

  test('is what the lines of a lock name whose recording is lost', async () => {
    const lock = await lockOf(store, ['locked']);
    const line = { url: 'https://files.test/locked', size: 6, sha256: hexOf(sha256('locked')) };
    const text = formatLock({ ...lock, inputs: { ...lock.inputs, file: [line] } });
    await writeFile(path, text);
    await noteLock(store, path, text, lock);
    await rm(store.pathOf(lock.builds[0]?.recording ?? sha256('')));
    await age();
    expect((await gc()).removed).toEqual([]);
  });
});

test('a build that begins after gc has looked around keeps what it finds', async () => {
  const lock = await build(['first']);
  await rm(path);
  await age();
  const marked = store.removeUnused.bind(store);
  let first = true;
  store.removeUnused = async (digest, before) => {
    // Another process, just before the first blob goes.
    if (first) {
      first = false;
      const other = await Store.open(store.root);
      await writeFile(path, formatLock(lock));
      await noteLock(other, path, formatLock(lock), lock);
    }
    return marked(digest, before);
  };
  expect((await gc()).removed).toEqual([]);
  expect(await has('first')).toBe(true);
});

test('sizes are told by lock, with what each alone keeps', async () => {
  await build(['shared', 'own']);
  const second = await lockOf(store, ['shared', 'else']);
  const secondPath = join(root, 'second.lock');
  await writeFile(secondPath, formatLock(second));
  await noteLock(store, secondPath, formatLock(second), second);
  await store.put('unnamed');
  await rm(store.pathOf(sha256('else')));
  const { roots, unnamed, total } = await storeUsage(store, since());
  const [first, other] = roots;
  expect(first).toMatchObject({ name: path, kind: 'lock', reason: 'current', blobs: 3, missing: 0 });
  expect((first?.bytes ?? 0) - (first?.ownBytes ?? 0)).toBe(6);
  expect(other).toMatchObject({ name: secondPath, blobs: 2, missing: 1 });
  expect(unnamed).toEqual({ blobs: 1, bytes: 7 });
  expect(total.blobs).toBe(5);
});
