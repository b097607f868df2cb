import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Process ids of this machine whose command line contains a text; not this process. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of await readdir('/proc')) {
    if (!/^\d+$/.test(id) || id === String(process.pid)) continue;
    const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(text)) found.push(id);
  }
  return found;
}

/** Those that are still there although they had ten seconds to end: the kernel ends a killed tree step by step. */
export async function survivorsWith(text: string): Promise<string[]> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await processesWith(text)).length === 0) return [];
    await sleep(100);
  }
  return processesWith(text);
}

/** Names of a store's blobs that do not hash to their names. */
export async function rottenBlobs(store: string): Promise<string[]> {
  const directory = join(store, 'blobs', 'sha256');
  const rotten: string[] = [];
  for (const name of await readdir(directory)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(directory, name)), hash);
    if (hash.digest('hex') !== name) rotten.push(name);
  }
  return rotten;
}

interface StartedProcess {
  /** The last of what it wrote to stdout and stderr. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Its exit code; nothing where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves once it has written this text, or has ended. */
  readonly said: (text: string) => Promise<void>;
}

/** A child that runs beside the test. */
export function startProcess(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): StartedProcess {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    });
  const ended = new Promise<number | null>((done, failed) => child.on('error', failed).on('close', done));
  const said = async (text: string) => {
    while (!output.includes(text) && child.exitCode === null && child.signalCode === null) await sleep(20);
  };
  return { output: () => output, kill: signal => void child.kill(signal), ended, said };
}
