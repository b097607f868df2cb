import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A directory of this run, that every user may read. */
    readonly runDirectory: string;
    /** Where the base images are that all tests share; HOLDFAST_TEST_SHARED names one that is kept for the next run. */
    readonly sharedDirectory: string;
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  await chmod(directory, 0o755);
  provide('runDirectory', directory);
  provide('sharedDirectory', process.env['HOLDFAST_TEST_SHARED'] || directory);
  return () => rm(directory, { recursive: true, force: true });
}
