import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { makeTinyRootfs } from './tiny-rootfs.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A directory of this run that every user may read: the programs that tests start, and `rootfs`. */
    readonly sandboxPrograms: string;
  }
}

/**
 * Each of hundreds of runs starts Node.js twice, and twice it would read the sources file by file, and gather a root
 * file system by a hundred processes. So both are made once: the programs as in `dist`, each in one file.
 */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-programs-'));
  await chmod(directory, 0o755);
  const sandbox = join(import.meta.dirname, '..');
  const bundle = await rolldown({
    input: {
      'step-runner': join(sandbox, 'testing', 'step-runner.ts'),
      'overlay-runner': join(sandbox, 'testing', 'overlay-runner.ts'),
      sandbox: join(sandbox, 'index.ts'),
      holder: join(sandbox, 'network', 'holder.ts'),
      'search-worker': join(sandbox, '..', 'image', 'normalise', 'search-worker.ts'),
    },
    platform: 'node',
    // No module of ours does anything but define, except those that are programs.
    treeshake: {
      moduleSideEffects: id => !id.includes('/src/') || /-(runner|worker)\.ts$|\/holder\.ts$/.test(id),
    },
  });
  await bundle.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await bundle.close();
  makeTinyRootfs(join(directory, 'rootfs'));
  provide('sandboxPrograms', directory);
  return () => rm(directory, { recursive: true, force: true });
}
