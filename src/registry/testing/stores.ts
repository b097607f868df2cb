import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { Store } from '../../store/index.ts';

/** A directory for one test file, and stores in it. */
export interface Workspace {
  readonly directory: string;
  newStore(): Promise<Store>;
  remove(): Promise<void>;
}

export async function openWorkspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-registry-test-'));
  let stores = 0;
  return {
    directory,
    newStore: () => Store.open(join(directory, `store${stores++}`)),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export async function blobsIn(store: Store): Promise<string[]> {
  const rests = await readdir(join(store.root, 'tmp'));
  return [...rests, ...(await readdir(join(store.root, 'blobs', 'sha256')))];
}

/** A clock that stands still but for its sleeps, which take no time and are written down, in milliseconds. */
export function fakeClock(): Clock & { readonly slept: number[]; advance(milliseconds: number): void } {
  let now = Date.parse('2026-01-02T03:04:05Z');
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    advance: milliseconds => void (now += milliseconds),
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
}
