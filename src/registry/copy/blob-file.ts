import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, exitCodes, HoldfastError, usageError } from '../../core/index.ts';
import type { BlobReader } from './blob-reader.ts';
import { splitDigest, type Content } from './content.ts';
import type { Supply } from './place.ts';

/**
 * Writes a blob to a file, whole or not at all. What came of it before a connection broke for good, or the
 * user stopped it, stays beside it as `.HEX.PID-….partial`; whoever copies the same blob there next begins with that, hashed again.
 * @throws HoldfastError COPY_UNWRITABLE (exit 2), and what reading throws
 */
export async function writeBlobFile(
  path: string,
  blob: Content,
  supply: Pick<Supply, 'open'>,
): Promise<void> {
  const { hex } = splitDigest(blob.digest);
  const own = join(dirname(path), `.${hex}.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  const claimed = await claimLeftover(dirname(path), hex, own);
  try {
    await written(own, supply.open(blob), claimed).catch((error: unknown) => {
      // What was left may have rotted: a source is blamed for its own bytes alone.
      if (!claimed || exitOf(error) !== exitCodes.integrity) throw error;
      return written(own, supply.open(blob), false);
    });
    await rename(own, path);
  } catch (error) {
    if (!mayGoOn(error)) await rm(own, { force: true });
    throw unwritable(path, error);
  }
}

async function written(partial: string, reader: BlobReader, resumed: boolean): Promise<void> {
  const file = await open(partial, resumed ? 'a' : 'w');
  try {
    for await (const chunk of reader.read(resumed ? await takeIn(file, partial, reader) : 0))
      await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Takes for us what a process that is gone left of the blob. @returns whether there was something */
async function claimLeftover(directory: string, hex: string, own: string): Promise<boolean> {
  const pattern = new RegExp(`^\\.${hex}\\.(\\d+)-[0-9a-f]+\\.partial$`);
  for (const name of await readdir(directory)) {
    const [, pid] = pattern.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    // Renaming takes it for one alone; whoever comes second finds it gone.
    const renamed = await rename(join(directory, name), own).then(
      () => true,
      () => false,
    );
    if (renamed) return true;
  }
  return false;
}

/** Feeds the reader with what is there. What is not shorter than the blob is begun anew. @returns bytes */
async function takeIn(file: FileHandle, path: string, reader: BlobReader): Promise<number> {
  const { size } = await file.stat();
  if (size >= reader.blob.size) {
    await file.truncate(0);
    return 0;
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) reader.resume(chunk);
  return size;
}

/** All of a chunk, at the end or at a position in the file. */
export async function writeAll(file: FileHandle, chunk: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, at);
    done += bytesWritten;
  }
}

/** kill(2) with signal 0. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** A broken connection may be mended, and whoever stopped it may want it after all; bytes that are wrong stay wrong. */
function mayGoOn(error: unknown): boolean {
  const { exit, code } = error instanceof HoldfastError ? error : {};
  return exit === exitCodes.upstream || code === 'INTERRUPTED';
}

function exitOf(error: unknown): number | undefined {
  return error instanceof HoldfastError ? error.exit : undefined;
}

/** COPY_UNWRITABLE (exit 2) for what a file system says; everything else as it is. */
export function unwritable(path: string, error: unknown): unknown {
  const isSystem = error instanceof Error && 'syscall' in error && !(error instanceof HoldfastError);
  if (!isSystem) return error;
  return usageError('COPY_UNWRITABLE', `cannot write ${path} (${errnoOf(error) ?? 'unknown error'})`, {
    next: 'Name a place that you may write and that has room.',
    cause: error,
  });
}
