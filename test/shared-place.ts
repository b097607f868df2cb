import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

/**
 * A directory that is made once for all tests of a run, and for later runs that share HOLDFAST_TEST_SHARED: beside its
 * place, and renamed, so that it is there whole or not at all. Who comes while it is being made waits for it.
 * @param make fills a directory and returns what of it is to be kept.
 */
export async function sharedPlace(name: string, make: (work: string) => Promise<string>): Promise<string> {
  const directory = inject('sharedDirectory');
  const place = join(directory, name);
  await mkdir(directory, { recursive: true });
  while (!(await isThere(place))) {
    const claim = join(directory, `${name}.maker`);
    if (!(await claimed(claim))) {
      await sleep(250);
      continue;
    }
    const work = await mkdtemp(join(directory, 'making-'));
    try {
      await rename(await make(work), place);
    } finally {
      await rm(work, { recursive: true, force: true });
      await rm(claim, { force: true });
    }
  }
  return place;
}

/** Takes over from one that was killed. */
async function claimed(claim: string): Promise<boolean> {
  try {
    await writeFile(claim, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const maker = Number(await readFile(claim, 'utf8').catch(() => ''));
    if (maker > 0 && !(await isThere(`/proc/${maker}`))) await rm(claim, { force: true });
    return false;
  }
}

const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;
