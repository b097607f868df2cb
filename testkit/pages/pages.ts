import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../tar.ts';

/** Content by path, which begins with a slash. */
export type Pages = ReadonlyMap<string, Buffer>;

export function hexDigest(algorithm: 'md5' | 'sha1' | 'sha256', bytes: Buffer | string): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** The same bytes for the same files. */
export function tarGz(files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(tarOf(Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) }))));
}
