import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { unxz } from '../../image/index.ts';
import { elementAt, parseXml } from '../xml.ts';
import { rpmPackage, type RpmPackage } from './package.ts';

/** A large distribution's is 200 MB of text; one package of it some kilobytes. */
const largestText = 1024 * 1024 * 1024;
const largestPackage = 1024 * 1024;

/** Whether a file of this name is the list of a repository's packages, in a compression that is read here. */
export function isPrimary(file: string): boolean {
  return /(?:^|-)primary\.xml(?:\.gz|\.xz|\.zst)?$/.test(file);
}

/**
 * The packages that a repository's primary metadata lists under the SHA-256 of `wanted` (hexadecimal), each with it.
 * The text streams, and the search ends with the last that is wanted. What is damaged or too large ends it too.
 */
export async function* primaryPackages(
  bytes: Buffer,
  file: string,
  wanted: ReadonlySet<string>,
): AsyncGenerator<readonly [sha256: string, RpmPackage]> {
  const left = new Set(wanted);
  try {
    for await (const block of packageBlocks(decompressed(bytes, file))) {
      const sha256 = /<checksum\b[^>]*>\s*([0-9a-f]{64})\s*</.exec(block)?.[1];
      if (sha256 === undefined || !left.has(sha256)) continue;
      const listed = packageOf(block);
      if (listed === undefined) continue;
      left.delete(sha256);
      yield [sha256, listed];
      if (left.size === 0) return;
    }
  } catch {
    // A client judges the repository that it was given; what was found until here is as good as before.
  }
}

/** All packages that primary metadata lists; what is damaged or too large ends the list. */
export async function* listedPackages(bytes: Buffer, file: string): AsyncGenerator<RpmPackage> {
  try {
    for await (const block of packageBlocks(decompressed(bytes, file))) {
      const listed = packageOf(block);
      if (listed !== undefined) yield listed;
    }
  } catch {
    // As above.
  }
}

function packageOf(block: string): RpmPackage | undefined {
  const root = parseXml(block);
  const [name, architecture] = [elementAt(root, 'name')?.text, elementAt(root, 'arch')?.text];
  const attributes = elementAt(root, 'version')?.attributes;
  const [version, release] = [attributes?.get('ver'), attributes?.get('rel')];
  if (name === undefined || architecture === undefined || version === undefined || release === undefined)
    return undefined;
  return rpmPackage(name, { epoch: attributes?.get('epoch'), version, release }, architecture);
}

/** The text of each `package` element. The whole is never held, nor parsed: it can have a million elements. */
async function* packageBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const [startTag, endTag] = ['<package ', '</package>'];
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > largestText) return;
    text += decoder.decode(chunk, { stream: true });
    let at = 0;
    for (;;) {
      const start = text.indexOf(startTag, at);
      const end = start < 0 ? -1 : text.indexOf(endTag, start);
      if (end < 0) {
        // What may be the beginning of a tag stays.
        at = start < 0 ? Math.max(at, text.length - startTag.length) : start;
        break;
      }
      at = end + endTag.length;
      yield text.slice(start, at);
    }
    text = text.slice(at);
    if (text.length > largestPackage) return;
  }
}

async function* decompressed(bytes: Buffer, file: string): AsyncGenerator<Uint8Array> {
  if (file.endsWith('.xz')) return yield* unxz(pieces(bytes));
  const decompressor = decompressorFor(file);
  if (decompressor === undefined) return yield* pieces(bytes);
  const source = Readable.from([bytes]);
  try {
    for await (const chunk of source.pipe(decompressor)) yield chunk as Uint8Array;
  } finally {
    source.destroy();
    decompressor.destroy();
  }
}

const pieceSize = 256 * 1024;

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}

function decompressorFor(file: string) {
  if (file.endsWith('.gz')) return createGunzip({ chunkSize: pieceSize });
  return file.endsWith('.zst') ? createZstdDecompress({ chunkSize: pieceSize }) : undefined;
}
