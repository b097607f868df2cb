import { extname } from 'node:path';

/**
 * What a thread of its own posts, given `data`.
 * @param name of the script, without its ending: compiled, it is a .js file beside that of `caller`; run from source, a .ts file.
 * @param caller the `import.meta.url` of the code that asks
 */
export async function workerResult<Result>(name: string, caller: string, data: unknown): Promise<Result> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(new URL(`./${name}${extname(caller)}`, caller), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  return new Promise((done, failed) => {
    worker.once('message', (result: Result) => done(result));
    worker.once('error', failed);
  });
}
