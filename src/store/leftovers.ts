import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/index.ts';

/**
 * Removes what processes that are gone left in a directory of temporary entries, all named `<pid>-<random>`. Young
 * entries stay: their process may be one of another container, which cannot be seen from here.
 */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid === 0 || isRunning(pid)) continue;
    const { mtimeMs = Date.now() } = (await stat(join(directory, name)).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs < youngMilliseconds) continue;
    // Another process may be cleaning too, and some entries belong to another user: neither is this one's trouble.
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const youngMilliseconds = 60 * 60 * 1000;

/** kill(2) with signal 0; EPERM means that the process is there and somebody else's. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
