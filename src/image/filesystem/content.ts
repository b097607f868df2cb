import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

const chunkSize = 1024 * 1024;

/** A buffer to lend to `readChunks`. */
export function chunkBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(chunkSize);
}

/**
 * The content of a regular file in pieces, never through a symbolic link; constant memory.
 * @param lent where all pieces are read to: each is good until the next is asked for. The kernel hands out new memory page
 *   by page, which for many files takes longer than to read them. Without it whoever takes a piece may keep it.
 */
export function* readChunks(path: Buffer, lent?: Buffer): Generator<Buffer, void, undefined> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let left = fstatSync(file).size; left > 0; ) {
      const buffer = lent ?? Buffer.allocUnsafe(Math.min(left, chunkSize));
      const read = readSync(file, buffer, 0, Math.min(left, buffer.length), null);
      if (read === 0) return;
      left -= read;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

/** The first `limit` bytes of a regular file, never through a symbolic link. */
export function readStart(path: Buffer, limit: number): Buffer {
  const pieces: Buffer[] = [];
  let size = 0;
  for (const chunk of readChunks(path)) {
    pieces.push(chunk);
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(pieces).subarray(0, limit);
}

/** Replaces a regular file's content; the file itself, its other names, its owner and mode stay. */
export function rewrite(path: Buffer, content: Buffer): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    ftruncateSync(file, 0);
    for (let written = 0; written < content.length; ) written += writeSync(file, content, written);
  } finally {
    closeSync(file);
  }
}

/** Comparing waits for nothing, so one pair is enough. */
const compared = [chunkBuffer(), chunkBuffer()] as const;

/** Whether two regular files of equal size hold the same bytes. */
export function sameContent(a: Buffer, b: Buffer): boolean {
  const other = readChunks(b, compared[1]);
  let rest = Buffer.alloc(0) as Buffer;
  try {
    for (const chunk of readChunks(a, compared[0])) {
      let equal = 0;
      while (equal < chunk.length) {
        if (rest.length === 0) rest = other.next().value ?? Buffer.alloc(0);
        const length = Math.min(rest.length, chunk.length - equal);
        if (length === 0 || rest.compare(chunk, equal, equal + length, 0, length) !== 0) return false;
        equal += length;
        rest = rest.subarray(length);
      }
    }
    return rest.length === 0 && other.next().done === true;
  } finally {
    other.return();
  }
}
