import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import type { PackageRecord } from './records.ts';

/** Decompressed. Larger ones are an attack. */
const largestIndex = 256 * 1024 * 1024;

/** Alpine's largest index has 20,000. */
const mostPackages = 1_000_000;

/** Of names and versions. */
const longestText = 1024;

const indexSchema = 'indx';

/** Numbers of fields in an index and in its packages' records (apk-tools, apk_adb.h). */
const packages = 2;
const [name, version, architecture, origin, fileSize] = [1, 2, 5, 7, 13];

/**
 * The packages of apk 3's index (apk-v3(5)): one tree of values, read at the offsets that they name.
 * Nothing where the bytes are not such an index.
 */
export function readAdbIndex(bytes: Buffer): readonly PackageRecord[] | undefined {
  try {
    const plain = decompressed(bytes);
    if (plain?.toString('latin1', 4, 8) !== indexSchema) return undefined;
    const tree = firstBlock(plain);
    const root = tree.readUInt32LE(4);
    const found: PackageRecord[] = [];
    const listed = slots(tree, slots(tree, root)[packages] ?? 0).slice(1);
    if (listed.length > mostPackages) return undefined;
    for (const value of listed) {
      const record = recordOf(tree, slots(tree, value));
      if (record !== undefined) found.push(record);
    }
    return found;
  } catch {
    // Damaged, or offsets that lead outside: this index tells nothing.
    return undefined;
  }
}

/** `ADB.` is plain, `ADBd` deflated, `ADBc` says how. @returns nothing where it is another thing */
function decompressed(bytes: Buffer): Buffer | undefined {
  const limit = { maxOutputLength: largestIndex };
  switch (bytes.toString('latin1', 0, 4)) {
    case 'ADB.':
      return bytes;
    case 'ADBd':
      return inflateRawSync(bytes.subarray(4), limit);
    case 'ADBc': {
      const content = bytes.subarray(6);
      const method = bytes.readUInt8(4);
      if (method === 0) return content;
      if (method === 1) return inflateRawSync(content, limit);
      return method === 2 ? zstdDecompressSync(content, limit) : undefined;
    }
    default:
      return undefined;
  }
}

/** The content of the first block, which holds the tree; signatures follow it. */
function firstBlock(file: Buffer): Buffer {
  const word = file.readUInt32LE(8);
  const extended = word >>> 30 === 3;
  // Of an extended block the type takes the word, and the size a word of 64 bits.
  const type = extended ? word & 0x3fff_ffff : word >>> 30;
  const size = extended ? Number(file.readBigUInt64LE(16)) : word & 0x3fff_ffff;
  const header = extended ? 16 : 4;
  if (type !== 0 || size < header + 8 || 8 + size > file.length) throw new RangeError('no tree');
  return file.subarray(8 + header, 8 + size);
}

/** The values of an object or array by their numbers, which begin with 1; at 0 stands how many there are. */
function slots(tree: Buffer, value: number): readonly number[] {
  const kind = value >>> 28;
  if (kind !== 0xd && kind !== 0xe) return [];
  const at = value & 0x0fff_ffff;
  const count = tree.readUInt32LE(at);
  if (at + 4 * count > tree.length) throw new RangeError('values outside of the tree');
  return Array.from({ length: count }, (_, n) => tree.readUInt32LE(at + 4 * n));
}

function recordOf(tree: Buffer, fields: readonly number[]): PackageRecord | undefined {
  const text = (field: number) => blob(tree, fields[field] ?? 0);
  const [packageName, packageVersion] = [text(name), text(version)];
  if (packageName === '' || packageVersion === '') return undefined;
  return {
    name: packageName,
    version: packageVersion,
    architecture: text(architecture) || undefined,
    size: integer(tree, fields[fileSize] ?? 0),
    origin: text(origin) || undefined,
    virtual: packageName.startsWith('.'),
  };
}

function blob(tree: Buffer, value: number): string {
  const at = value & 0x0fff_ffff;
  const bytes = { 0x8: 1, 0x9: 2, 0xa: 4 }[value >>> 28];
  if (bytes === undefined) return '';
  const [start, length] = [at + bytes, tree.readUIntLE(at, bytes)];
  return length > longestText ? '' : tree.toString('utf8', start, start + length);
}

function integer(tree: Buffer, value: number): number | undefined {
  const at = value & 0x0fff_ffff;
  switch (value >>> 28) {
    case 0x1:
      return at;
    case 0x2:
      return tree.readUInt32LE(at);
    case 0x3:
      return Number(tree.readBigUInt64LE(at));
    default:
      return undefined;
  }
}
