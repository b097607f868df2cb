import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { appliedDelta } from './delta.ts';

/** The digests that name a repository's objects. */
type ObjectFormat = 'sha1' | 'sha256';

export interface PackedCommit {
  /** Worked out from the commit's own bytes. */
  readonly oid: string;
  readonly parents: readonly string[];
}

export interface PackLimits {
  /** Of all objects of a pack, unpacked. */
  readonly inflatedBytes: number;
  readonly objectBytes: number;
}

const mebi = 1024 * 1024;
const defaultLimits: PackLimits = { inflatedBytes: 1024 * mebi, objectBytes: 64 * mebi };

const headerBytes = 12;
const oidBytes: Readonly<Record<ObjectFormat, number>> = { sha1: 20, sha256: 32 };
const commitType = 1;
const offsetDelta = 6;
const referenceDelta = 7;

/** No commit is this large but one that is made to be. */
const largestCommit = mebi;

/** Of all commits that are kept because a delta may be of them. */
const keptBytes = 64 * mebi;

/**
 * The commits in a pack, in its order: gitformat-pack. A commit that is stored as a delta is found where its base
 * comes before it in the pack, as git writes it. `too large` where a limit is passed; objects are unpacked one by one.
 */
export function packedCommits(
  pack: Buffer,
  limits: PackLimits = defaultLimits,
): PackedCommit[] | 'malformed' | 'too large' {
  const format = objectFormat(pack);
  if (format === undefined) return 'malformed';
  const end = pack.length - oidBytes[format];
  const commits: PackedCommit[] = [];
  const contents = new KeptCommits();
  let inflated = 0;
  let offset = headerBytes;
  for (let left = pack.readUInt32BE(8); left > 0; left--) {
    const header = objectHeader(pack, offset, end, format);
    if (header === undefined) return 'malformed';
    inflated += header.size;
    if (header.size > limits.objectBytes || inflated > limits.inflatedBytes) return 'too large';
    const object = inflatedObject(pack.subarray(header.dataStart, end), header.size);
    if (object === undefined) return 'malformed';
    const content = commitContent(header, object.content, contents);
    if (content === 'malformed') return content;
    if (content !== undefined) {
      // A delta of a few bytes may stand for as many as its base has.
      if (header.type !== commitType) inflated += content.length;
      const oid = createHash(format).update(`commit ${content.length}\0`).update(content).digest('hex');
      commits.push({ oid, parents: parentsOf(content) });
      contents.keep(offset, oid, content);
    }
    offset = header.dataStart + object.packedBytes;
  }
  return offset === end ? commits : 'malformed';
}

/** The digest at a pack's end tells that it is whole, and which sort of digest it is. */
function objectFormat(pack: Buffer): ObjectFormat | undefined {
  if (pack.toString('latin1', 0, 4) !== 'PACK') return undefined;
  for (const format of ['sha1', 'sha256'] as const) {
    const end = pack.length - oidBytes[format];
    if (end < headerBytes || ![2, 3].includes(pack.readUInt32BE(4))) continue;
    if (createHash(format).update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) return format;
  }
  return undefined;
}

interface ObjectHeader {
  readonly type: number;
  /** Bytes when unpacked. */
  readonly size: number;
  /** A delta's base, by its offset in the pack or by its name. */
  readonly base?: number | string;
  readonly dataStart: number;
}

function objectHeader(
  pack: Buffer,
  offset: number,
  end: number,
  format: ObjectFormat,
): ObjectHeader | undefined {
  let at = offset;
  let byte = pack[at++] ?? 0;
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte >= 128; factor *= 128) {
    byte = pack[at++] ?? 0;
    size += (byte & 127) * factor;
  }
  const plain = { type, size };
  if (type === referenceDelta) {
    const dataStart = at + oidBytes[format];
    return dataStart < end ? { ...plain, base: pack.toString('hex', at, dataStart), dataStart } : undefined;
  }
  if (type === offsetDelta) {
    byte = pack[at++] ?? 0;
    let distance = byte & 127;
    while (byte >= 128 && at < end) {
      byte = pack[at++] ?? 0;
      distance = (distance + 1) * 128 + (byte & 127);
    }
    return at < end ? { ...plain, base: offset - distance, dataStart: at } : undefined;
  }
  return at < end && type >= 1 && type <= 4 ? { ...plain, dataStart: at } : undefined;
}

/** Unpacks the one object that `data` begins with. */
function inflatedObject(data: Buffer, size: number): { content: Buffer; packedBytes: number } | undefined {
  try {
    const chunkSize = Math.max(64, Math.min(size + 1, 64 * 1024));
    // With `info` the answer has another shape, which the types do not know.
    const { buffer, engine } = inflateSync(data, {
      info: true,
      chunkSize,
      maxOutputLength: Math.max(size, 1),
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return buffer.length === size ? { content: buffer, packedBytes: engine.bytesWritten } : undefined;
  } catch {
    return undefined;
  }
}

/** A commit's own bytes; nothing where the object is none. */
function commitContent(
  { type, base }: ObjectHeader,
  content: Buffer,
  kept: KeptCommits,
): Buffer | undefined | 'malformed' {
  if (type === commitType) return content.length <= largestCommit ? content : 'malformed';
  const baseContent = base === undefined ? undefined : kept.at(base);
  return baseContent && (appliedDelta(baseContent, content, largestCommit) ?? 'malformed');
}

class KeptCommits {
  readonly #byOffset = new Map<number, Buffer>();
  readonly #offsets = new Map<string, number>();
  #left = keptBytes;

  keep(offset: number, oid: string, content: Buffer): void {
    this.#left -= content.length;
    if (this.#left < 0) return;
    this.#byOffset.set(offset, content);
    this.#offsets.set(oid, offset);
  }

  at(base: number | string): Buffer | undefined {
    const offset = typeof base === 'number' ? base : this.#offsets.get(base);
    return offset === undefined ? undefined : this.#byOffset.get(offset);
  }
}

/** The header ends with the first empty line; a message may hold anything. */
function parentsOf(content: Buffer): string[] {
  const end = content.indexOf('\n\n');
  const header = content.toString('latin1', 0, end < 0 ? content.length : end);
  return [...new Set([...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, oid = '']) => oid))];
}
