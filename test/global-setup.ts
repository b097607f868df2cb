import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A directory that all test files of a run share; see world.ts for what they put there. */
    readonly sharedDirectory: string;
  }
}

/** HOLDFAST_TEST_SHARED names a directory that is kept, so that the next run finds its base images there. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const kept = process.env['HOLDFAST_TEST_SHARED'] ?? '';
  if (kept !== '') {
    provide('sharedDirectory', kept);
    return undefined;
  }
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  provide('sharedDirectory', directory);
  return () => rm(directory, { recursive: true, force: true });
}
