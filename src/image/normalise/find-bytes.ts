import { readChunks } from '../filesystem/content.ts';

/** Whether a regular file holds any of the patterns; never through a symbolic link. */
export function fileHolds(path: string, patterns: readonly Buffer[]): boolean {
  return findBytes(readChunks(Buffer.from(path)), patterns).length > 0;
}

/**
 * Which of the patterns occur in a stream of pieces, also across the edges of pieces; constant memory.
 * @returns the patterns found, in the order of `patterns`
 */
export function findBytes(chunks: Iterable<Buffer>, patterns: readonly Buffer[]): Buffer[] {
  const wanted = new Set(patterns.filter(pattern => pattern.length > 0));
  const found = new Set<Buffer>();
  const overlap = Math.max(0, ...[...wanted].map(pattern => pattern.length - 1));
  let tail = Buffer.alloc(0) as Buffer;
  for (const chunk of chunks) {
    const start = Buffer.concat([tail, chunk.subarray(0, overlap)]);
    for (const pattern of wanted) {
      if (!start.includes(pattern) && !chunk.includes(pattern)) continue;
      found.add(pattern);
      wanted.delete(pattern);
    }
    if (wanted.size === 0) break;
    tail =
      chunk.length >= overlap ? Buffer.from(chunk.subarray(chunk.length - overlap)) : lastOf(start, overlap);
  }
  return patterns.filter(pattern => found.has(pattern));
}

function lastOf(bytes: Buffer, length: number): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - length));
}
