import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { HoldfastError } from '../core/index.ts';
import { compressionOf, decompress } from './decompress.ts';
import { toolMissing } from './filesystem/tool.ts';
import { readTar } from './tar/index.ts';
import { unxz } from './unxz.ts';

const xzStart = Buffer.from('fd377a585a00', 'hex');
const bzip2Start = Buffer.from('BZh');
const chunk = { highWaterMark: 256 * 1024 };

/**
 * The tar archive in a file, uncompressed: plain, or in gzip, bzip2, xz or zstd, told by its content whatever the
 * file is called. Each call of what is returned reads it from the start.
 * @returns nothing where the file is no archive
 * @throws HoldfastError IMAGE_TOOL_MISSING (exit 2) for bzip2 without the tool of that name
 */
export async function openArchive(path: string): Promise<(() => AsyncIterable<Uint8Array>) | undefined> {
  const start = await firstBytes(path);
  const archive = () => plainBytes(path, start);
  return (await isTar(archive())) ? archive : undefined;
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function plainBytes(path: string, start: Buffer): AsyncIterable<Uint8Array> {
  const source = createReadStream(path, chunk) as AsyncIterable<Buffer>;
  if (start.indexOf(xzStart) === 0) return unxz(source);
  if (start.indexOf(bzip2Start) === 0) return bunzip2(path);
  return compressionOf(start) === 'none' ? source : decompress(source);
}

/** Whether the first entry can be read: as in BuildKit, an archive of nothing is a file like any other. */
async function isTar(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  try {
    for await (const _entry of readTar(bytes)) return true;
    return false;
  } catch (error) {
    if (error instanceof HoldfastError && error.exit !== 4) throw error;
    return false;
  }
}

/** Nothing on npm that is kept up reads bzip2; the tool is on every distribution. */
async function* bunzip2(path: string): AsyncGenerator<Uint8Array> {
  const child = spawn('bzip2', ['-dc', '--', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  let refused: Error | undefined;
  child.on('error', () => {
    refused = toolMissing('bzip2');
  });
  try {
    for await (const part of child.stdout) yield part as Uint8Array;
    if (refused !== undefined) throw refused;
  } finally {
    child.kill();
  }
}
