import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Files by their paths, in a directory or in an archive. Paths come from digests and from fixed names alone. */
export interface Files {
  /** Bytes, or nothing where there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** The whole of a small file; nothing where there is none, or where it is larger than `limit` bytes. */
  read(path: string, limit: number): Promise<Buffer | undefined>;
  /** From an offset on. Where the pieces are `lent`, each is good only until the next is asked for: it is the same memory. */
  stream(path: string, from: number, lent?: boolean): AsyncIterable<Uint8Array>;
  close?(): Promise<void>;
}

const chunk = 256 * 1024;

export function directoryFiles(directory: string): Files {
  const size = async (path: string) => {
    const found = await stat(join(directory, path)).catch(() => undefined);
    return found?.isFile() ? found.size : undefined;
  };
  return {
    size,
    async read(path, limit) {
      const bytes = await size(path);
      return bytes === undefined || bytes > limit ? undefined : readFile(join(directory, path));
    },
    stream: (path, from, lent) => partOf(join(directory, path), from, Infinity, lent),
  };
}

/** A part of a file, from an offset within it on; to its end where `length` is more. `lent` as in {@link Files}. */
export async function* partOf(
  path: string,
  start: number,
  length: number,
  lent = false,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, 'r');
  try {
    let left = length;
    let buffer: Buffer | undefined;
    for (let position = start; left > 0; ) {
      if (buffer === undefined || !lent) buffer = Buffer.allocUnsafeSlow(Math.min(chunk, left));
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, left), position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
      left -= bytesRead;
    }
  } finally {
    await file.close();
  }
}
