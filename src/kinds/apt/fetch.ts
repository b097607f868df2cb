/** How this folder takes files from an archive, and its checks on the way. */

import { createHash } from 'node:crypto';
import { hexOf, integrityError, upstreamError, type HoldfastError } from '../../core/index.ts';
import { collected, compressionOf, decompressed } from './decompress.ts';
import type { ReleaseFile } from './release.ts';

/**
 * Gets a URL: the body, or undefined where the server answers 404 or 410. Everything else that is no body is thrown by
 * the caller's own function, after its own retries.
 */
export type Fetch = (url: string) => Promise<Uint8Array | AsyncIterable<Uint8Array> | undefined>;

/** A file without a digest to check against (InRelease) may not fill the memory. */
const unlistedLimit = 64 * 1024 * 1024;

/** @throws HoldfastError APT_FILE_TOO_LARGE (exit 5), and whatever `fetch` throws */
export async function fetchUnlisted(fetch: Fetch, url: string): Promise<Buffer | undefined> {
  const body = await fetch(url);
  if (body === undefined) return undefined;
  return collected(body, unlistedLimit).catch((error: unknown) => {
    if (error instanceof RangeError)
      throw upstreamError('APT_FILE_TOO_LARGE', `${url} is larger than any Release file`, {
        next: 'Check the archive’s address.',
      });
    throw error;
  });
}

/**
 * A file that a Release vouches for.
 * @throws HoldfastError APT_DIGEST_MISMATCH (exit 4) where size or SHA256 differ, and whatever `fetch` throws
 */
export async function fetchListed(fetch: Fetch, url: string, file: ReleaseFile): Promise<Buffer | undefined> {
  const body = await fetch(url);
  if (body === undefined) return undefined;
  const bytes = await collected(body, file.size).catch((error: unknown) => {
    if (error instanceof RangeError) throw mismatch(url, `it has more than the ${file.size} bytes listed`);
    throw error;
  });
  checkListed(bytes, file, url);
  return bytes;
}

function checkListed(bytes: Uint8Array, file: ReleaseFile, url: string): void {
  if (bytes.byteLength !== file.size)
    throw mismatch(url, `it has ${bytes.byteLength} bytes, the Release says ${file.size}`);
  const hex = createHash('sha256').update(bytes).digest('hex');
  if (hex !== hexOf(file.digest))
    throw mismatch(url, `its SHA256 is ${hex}, the Release says ${hexOf(file.digest)}`);
}

/**
 * An index's plain bytes.
 * @param plain what the Release lists for the uncompressed file, if it does
 * @throws HoldfastError APT_INDEX_CORRUPT (exit 4) where it does not decompress; APT_DIGEST_MISMATCH as fetchListed
 */
export async function plainIndex(
  bytes: Uint8Array,
  url: string,
  path: string,
  plain?: ReleaseFile,
): Promise<Buffer> {
  const compression = compressionOf(path);
  if (compression === undefined || compression === 'none') return Buffer.from(bytes);
  try {
    const result = await collected(decompressed(once(bytes), compression), plain?.size ?? 2 ** 30);
    if (plain !== undefined) checkListed(result, plain, url);
    return result;
  } catch (error) {
    if (error instanceof RangeError) throw mismatch(url, 'it decompresses to more than the Release says');
    if (error instanceof Error && error.name === 'HoldfastError') throw error;
    throw integrityError('APT_INDEX_CORRUPT', `${url} does not decompress`, {
      next: 'Use another mirror of the archive.',
      cause: error,
    });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // In pieces, so that a decompressor with a queue does not hold the whole input twice.
  for (let at = 0; at < bytes.byteLength; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
}

function mismatch(url: string, reason: string): HoldfastError {
  return integrityError('APT_DIGEST_MISMATCH', `${url} is not what the signed Release lists: ${reason}`, {
    next: 'The mirror is being updated or is damaged: try again in some minutes, or use another one.',
  });
}
