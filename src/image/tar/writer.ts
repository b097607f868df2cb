import { paddingOf } from './reader.ts';
import { blockSize, shownPath, type TarHeader, type TarType } from './header.ts';
import { formatPax } from './pax.ts';

/** The name that stands in the header of every PAX extension: readers ignore it, so it must not vary. */
const paxName = Buffer.from('././@PaxHeader');
const largestId = 0o7777777;
const largestNumber = 0o77777777777;

const typeflags: Readonly<Record<TarType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** A tar archive ends with two blocks of zeros; no padding to a larger record. */
const endOfArchive: Buffer = Buffer.alloc(2 * blockSize);

/**
 * The blocks that precede an entry's content, in the one canonical form: ustar, numeric owners without names, and a
 * PAX extension only for what ustar cannot hold (long paths, ids above 2097151, sizes from 8 GiB, times outside
 * 1970…2242, extended attributes), its keywords sorted. Equal headers give equal bytes.
 */
export function formatHeader(header: TarHeader): Buffer {
  const path = header.type === 'directory' ? Buffer.concat([header.path, Buffer.from('/')]) : header.path;
  const split = splitPath(path);
  const pax = new Map<string, Buffer>();
  const decimal = (keyword: string, value: number, largest: number) => {
    if (value >= 0 && value <= largest) return value;
    pax.set(keyword, Buffer.from(String(value)));
    return 0;
  };
  if (split === undefined) pax.set('path', path);
  if (header.target.length > 100) pax.set('linkpath', header.target);
  const fields = {
    ...header,
    name: split?.name ?? path.subarray(0, 100),
    prefix: split?.prefix ?? Buffer.alloc(0),
    uid: decimal('uid', header.uid, largestId),
    gid: decimal('gid', header.gid, largestId),
    size: decimal('size', header.size, largestNumber),
    mtime: decimal('mtime', header.mtime, largestNumber),
    typeflag: typeflags[header.type],
  };
  for (const [name, value] of header.xattrs) pax.set(`SCHILY.xattr.${name}`, value);
  return pax.size === 0 ? formatBlock(fields) : Buffer.concat([formatPaxEntry(pax), formatBlock(fields)]);
}

const zeros = Buffer.alloc(blockSize);

/** The zeros that follow `size` bytes of content. */
function formatPadding(size: number): Buffer {
  return zeros.subarray(0, paddingOf(size));
}

/** An archive of entries whose contents are at hand. `size` must be what `body` gives. */
export async function* writeTar(
  entries: Iterable<TarFile> | AsyncIterable<TarFile>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const { header, body } of entries) {
    yield formatHeader(header);
    let size = 0;
    for await (const chunk of body ?? []) {
      size += chunk.length;
      yield chunk;
    }
    // A wrong size would shift every entry that follows.
    if (size !== header.size)
      throw new Error(`${shownPath(header.path)} is ${size} bytes, not ${header.size}`);
    yield formatPadding(size);
  }
  yield endOfArchive;
}

export interface TarFile {
  readonly header: TarHeader;
  readonly body?: Iterable<Buffer> | AsyncIterable<Buffer> | undefined;
}

interface BlockFields {
  readonly name: Buffer;
  readonly prefix: Buffer;
  readonly target: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly typeflag: string;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
}

function formatPaxEntry(records: ReadonlyMap<string, Buffer>): Buffer {
  const body = formatPax(records);
  const nothing = Buffer.alloc(0);
  const block = formatBlock({
    name: paxName,
    prefix: nothing,
    target: nothing,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    typeflag: 'x',
  });
  return Buffer.concat([block, body, formatPadding(body.length)]);
}

/** POSIX ustar header block. */
function formatBlock(fields: BlockFields): Buffer {
  // Not `alloc`: that takes memory of its own for each header.
  const block = Buffer.allocUnsafe(blockSize).fill(0);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  fields.name.copy(block, 0, 0, 100);
  octal(fields.mode, 100, 7);
  octal(fields.uid, 108, 7);
  octal(fields.gid, 116, 7);
  octal(fields.size, 124, 11);
  octal(fields.mtime, 136, 11);
  block.write(fields.typeflag, 156, 'latin1');
  fields.target.copy(block, 157, 0, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(fields.device?.major ?? 0, 329, 7);
  octal(fields.device?.minor ?? 0, 337, 7);
  fields.prefix.copy(block, 345, 0, 155);
  let sum = 8 * 0x20;
  for (const byte of block) sum += byte;
  octal(sum, 148, 6);
  block.write('\0 ', 154, 'latin1');
  return block;
}

/** ustar's `prefix` and `name`: at most 155 and 100 bytes around a slash; undefined where that cannot be. */
function splitPath(path: Buffer): { prefix: Buffer; name: Buffer } | undefined {
  if (path.length <= 100) return { prefix: Buffer.alloc(0), name: path };
  // The first slash that leaves a short enough name; a directory's own trailing slash does not count.
  const slash = path.indexOf(0x2f, path.length - 101);
  if (slash <= 0 || slash > 155 || slash >= path.length - 1) return undefined;
  return { prefix: path.subarray(0, slash), name: path.subarray(slash + 1) };
}
