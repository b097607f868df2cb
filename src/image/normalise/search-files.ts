import { workerResult } from '../../core/index.ts';
import { bytesOf, type ByteString } from '../filesystem/byte-string.ts';
import { chunkBuffer, readChunks } from '../filesystem/content.ts';
import { findBytes } from './find-bytes.ts';

/** The work, as it is handed to another thread. */
export interface Search {
  /** Regular files. */
  readonly paths: readonly ByteString[];
  readonly patterns: readonly Uint8Array[];
}

/** The indices of files that hold a pattern, each with the indices of the patterns that it holds. */
export type Found = readonly (readonly [file: number, patterns: readonly number[]])[];

/** Fewer bytes are searched before another thread has begun. */
const worthAThread = 32 * 1024 * 1024;

/**
 * Which of the patterns the files hold; of files that hold none nothing is said. Much is searched by a thread of its own.
 * @param bytes of all files together
 */
export async function searchFiles(search: Search, bytes: number): Promise<Found> {
  if (bytes < worthAThread) return foundIn(search);
  return workerResult<Found>('search-worker', import.meta.url, search);
}

export function foundIn({ paths, patterns }: Search): Found {
  // Buffers arrive in another thread as plain arrays.
  const sought = patterns.map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length));
  const lent = chunkBuffer();
  return [...paths.entries()].flatMap(([file, path]) => {
    const held = findBytes(readChunks(bytesOf(path), lent), sought);
    return held.length === 0 ? [] : [[file, held.map(pattern => sought.indexOf(pattern))] as const];
  });
}
