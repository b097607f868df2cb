import { open, type FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { errnoOf, integrityError, usageError } from '../../core/index.ts';
import { partOf, type Files } from './files.ts';

const block = 512;
const mostMembers = 200_000;
/** Bytes of a name or of extended headers; nobody's paths need more. */
const longestHeader = 1024 * 1024;

interface Member {
  readonly start: number;
  readonly size: number;
}

/**
 * The files of a tar archive that is not compressed, read where they lie: POSIX ustar and pax, GNU's long names.
 * Links within it are followed, which old versions of Docker wrote for layers that repeat.
 * @throws HoldfastError ARCHIVE_UNREADABLE (exit 2), ARCHIVE_INVALID (exit 4)
 */
export async function tarFiles(path: string): Promise<Files> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw usageError('ARCHIVE_UNREADABLE', `cannot read ${path} (${errnoOf(error) ?? 'unknown error'})`, {
      next: 'Name an archive that is there and that you may read.',
      cause: error,
    });
  });
  let members: ReadonlyMap<string, Member>;
  try {
    members = await readMembers(file, path);
  } finally {
    await file.close();
  }
  return {
    size: async name => members.get(name)?.size,
    async read(name, limit) {
      const member = members.get(name);
      if (member === undefined || member.size > limit) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of partOf(path, member.start, member.size)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    stream(name, from, lent) {
      const { start, size } = members.get(name) ?? { start: 0, size: 0 };
      return partOf(path, start + from, size - from, lent);
    },
  };
}

async function readMembers(file: FileHandle, path: string): Promise<ReadonlyMap<string, Member>> {
  const members = new Map<string, Member>();
  const links = new Map<string, string>();
  const { size: end } = await file.stat();
  let long: { path?: string; linkpath?: string; size?: string } = {};
  for (let at = 0, count = 0; at + block <= end; count++) {
    const header = await bytesAt(file, at, block);
    if (header.every(byte => byte === 0)) break;
    requireHeader(header, path);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = long.size === undefined ? numberAt(header, 124, 12) : Number(long.size);
    const start = at + block;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > end || count > mostMembers)
      throw invalid(path, 'it ends in the middle');
    at = start + Math.ceil(size / block) * block;
    if (type === 'L' || type === 'K' || type === 'x') {
      if (size > longestHeader) throw invalid(path, 'it has a header without an end');
      const bytes = await bytesAt(file, start, size);
      if (type === 'x') long = { ...long, ...paxRecords(bytes) };
      else long = { ...long, [type === 'L' ? 'path' : 'linkpath']: textAt(bytes, 0, size) };
      continue;
    }
    const name = posix.normalize(long.path ?? nameOf(header)).replace(/^\/+/, '');
    const target = long.linkpath ?? textAt(header, 157, 100);
    long = {};
    if (type === '0' || type === '\0') members.set(name, { start, size });
    else if (type === '1') links.set(name, posix.normalize(target));
    else if (type === '2') links.set(name, posix.join(posix.dirname(name), target));
  }
  for (const [name, target] of links) {
    const member = members.get(target);
    if (member && !members.has(name)) members.set(name, member);
  }
  return members;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** POSIX ustar: the sum of the header's bytes, its own field as blanks. */
function requireHeader(header: Buffer, path: string): void {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum === numberAt(header, 148, 8)) return;
  const compressed = header[0] === 0x1f && header[1] === 0x8b;
  throw invalid(path, compressed ? 'it is compressed' : 'it is not one');
}

function nameOf(header: Buffer): string {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textAt(header, 345, 155) : '';
  return prefix === '' ? textAt(header, 0, 100) : `${prefix}/${textAt(header, 0, 100)}`;
}

function textAt(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.byteLength : end);
}

/** Octal digits, or GNU's base 256. */
function numberAt(header: Buffer, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(textAt(header, offset, length).trim() || '0', 8);
  let value = first & 0x7f;
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + (header[at] ?? 0);
  return value;
}

/** pax: `LENGTH KEY=VALUE\n`, the length in decimal and of the whole record. */
function paxRecords(bytes: Buffer): { path?: string; linkpath?: string; size?: string } {
  const found: Record<string, string> = {};
  for (let at = 0; at < bytes.byteLength; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? 0 : Number(bytes.toString('latin1', at, blank));
    if (!Number.isInteger(length) || length <= blank - at) break;
    const record = bytes.toString('utf8', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (key === 'path' || key === 'linkpath' || key === 'size') found[key] = record.slice(equals + 1);
    at += length;
  }
  return found;
}

function invalid(path: string, why: string) {
  return integrityError('ARCHIVE_INVALID', `${path} is not a tar archive that can be read: ${why}`, {
    next: 'Decompress it first where it is compressed; else write it anew with the tool that made it.',
  });
}
