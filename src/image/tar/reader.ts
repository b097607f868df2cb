import { isZeroBlock, readHeaderBlock, tarTypeOf, type HeaderBlock } from './block.ts';
import { ByteSource } from './byte-source.ts';
import { blockSize, shownPath, tarError, type TarHeader } from './header.ts';
import { readDecimal } from './numbers.ts';
import { parsePax, type PaxRecords } from './pax.ts';

export interface TarEntry extends TarHeader {
  /** The content, in chunks as they come; what is not read when the next entry is asked for is skipped. */
  readonly body: AsyncIterable<Buffer>;
}

export interface TarLimits {
  /** More entries than this are refused with TAR_TOO_MANY. */
  readonly entries?: number | undefined;
}

/** Room for every extended attribute that Linux allows (64 KiB each) and then some; a header is held in memory. */
const largestMetadata = 1024 * 1024;
/** A PAX header, a global one and two GNU long names may precede an entry; an endless run of them is an attack. */
const mostMetadataBlocks = 16;
const highestId = 0xffff_fffe;
const noBytes = Buffer.alloc(0);

interface Pending {
  readonly longPath?: Buffer | undefined;
  readonly longTarget?: Buffer | undefined;
  readonly pax?: PaxRecords | undefined;
}

const nothingPending: Pending = {};

/**
 * The entries of an uncompressed tar stream: ustar, PAX (records as bytes, global headers), GNU long names and
 * base-256 numbers. Memory stays constant. Paths are not judged here: see `extractLayer`.
 * @throws HoldfastError (exit 4) TAR_TRUNCATED, TAR_CHECKSUM, TAR_NUMBER, TAR_PAX, TAR_HEADER, TAR_SPARSE,
 *   TAR_UNSUPPORTED, TAR_TOO_MANY
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  limits: TarLimits = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const bytes = new ByteSource(source);
  const mostEntries = limits.entries ?? 10_000_000;
  let entries = 0;
  let global: PaxRecords = new Map();
  let pending = nothingPending;
  let metadata = 0;
  try {
    for (;;) {
      const block = await nextHeaderBlock(bytes);
      if (block === undefined) {
        if (pending === nothingPending) return;
        throw tarError('TAR_TRUNCATED', 'The tar archive ends after an extended header');
      }
      if (isMetadata(block.typeflag)) {
        if (++metadata > mostMetadataBlocks) {
          throw tarError('TAR_HEADER', 'The tar archive piles up extended headers without an entry');
        }
        const body = await readMetadata(bytes, block);
        if (block.typeflag === 'g') global = new Map([...global, ...parsePax(body)]);
        else pending = withMetadata(pending, block.typeflag, body);
        continue;
      }
      if (++entries > mostEntries) {
        throw tarError('TAR_TOO_MANY', `The tar archive holds more than ${mostEntries} entries`);
      }
      const header = entryHeader(block, pending, global);
      pending = nothingPending;
      metadata = 0;
      const body = new EntryBody(bytes, header);
      yield { ...header, body };
      await body.skip();
    }
  } finally {
    await bytes.close();
  }
}

/** undefined at the end-of-archive marker, or where the stream ends between entries (some writers leave it out). */
async function nextHeaderBlock(bytes: ByteSource): Promise<HeaderBlock | undefined> {
  const block = await bytes.upTo(blockSize);
  if (block.length === 0) return undefined;
  if (block.length < blockSize) throw truncated();
  if (!isZeroBlock(block)) return readHeaderBlock(block);
  const second = await bytes.upTo(blockSize);
  if (second.length > 0 && !isZeroBlock(second)) {
    throw tarError('TAR_HEADER', 'The tar archive has a lone zero block between entries');
  }
  // Whoever hashes the stream needs all of it, padding and trailing garbage included.
  while ((await bytes.some(Number.MAX_SAFE_INTEGER)) !== undefined);
  return undefined;
}

/** PAX and Solaris headers, GNU long name and long link; a GNU volume label is metadata that says nothing. */
function isMetadata(typeflag: string): boolean {
  return 'xgXLKV'.includes(typeflag);
}

async function readMetadata(bytes: ByteSource, { size, typeflag }: HeaderBlock): Promise<Buffer> {
  if (size < 0 || size > largestMetadata) {
    throw tarError(
      'TAR_HEADER',
      `An extended header ("${typeflag}") of the tar archive claims ${size} bytes`,
    );
  }
  const body = await bytes.upTo(size);
  const padding = await bytes.upTo(paddingOf(size));
  if (body.length < size || padding.length < paddingOf(size)) throw truncated();
  return body;
}

function withMetadata(pending: Pending, typeflag: string, body: Buffer): Pending {
  switch (typeflag) {
    case 'L':
      return { ...pending, longPath: untilNul(body) };
    case 'K':
      return { ...pending, longTarget: untilNul(body) };
    case 'V':
      return pending;
    default:
      return { ...pending, pax: parsePax(body) };
  }
}

function untilNul(body: Buffer): Buffer {
  const nul = body.indexOf(0);
  return Buffer.from(nul === -1 ? body : body.subarray(0, nul));
}

const xattrKeyword = 'SCHILY.xattr.';

/** @throws HoldfastError TAR_HEADER, TAR_NUMBER, TAR_SPARSE, TAR_UNSUPPORTED */
function entryHeader(block: HeaderBlock, pending: Pending, global: PaxRecords): TarHeader {
  const pax = pending.pax === undefined ? global : new Map([...global, ...pending.pax]);
  const xattrs = new Map<string, Buffer>();
  for (const [keyword, value] of pax) {
    if (keyword.startsWith('GNU.sparse.')) {
      throw tarError('TAR_SPARSE', `The tar archive holds a sparse file in GNU's own format`);
    }
    if (keyword.startsWith(xattrKeyword)) xattrs.set(keyword.slice(xattrKeyword.length), value);
  }
  const stored = record(pax, 'path') ?? pending.longPath ?? block.path;
  const type = tarTypeOf(block.typeflag, stored);
  const isLink = type === 'link' || type === 'symlink';
  const header: TarHeader = {
    type,
    path: withoutTrailingSlashes(stored),
    target: isLink ? (record(pax, 'linkpath') ?? pending.longTarget ?? block.target) : noBytes,
    mode: block.mode,
    uid: integer(pax, 'uid') ?? block.uid,
    gid: integer(pax, 'gid') ?? block.gid,
    // Header-only types may carry a size (POSIX allows a hard link's); no writer of layers stores content for them.
    size: type === 'file' ? (integer(pax, 'size') ?? block.size) : 0,
    mtime: integer(pax, 'mtime', true) ?? block.mtime,
    device: type === 'char' || type === 'block' ? { major: block.major, minor: block.minor } : undefined,
    xattrs,
  };
  checkHeader(header, isLink);
  return header;
}

function record(pax: PaxRecords, keyword: string): Buffer | undefined {
  const value = pax.get(keyword);
  return value === undefined || value.length === 0 ? undefined : value;
}

function integer(pax: PaxRecords, keyword: string, fraction = false): number | undefined {
  const value = record(pax, keyword);
  return value === undefined ? undefined : readDecimal(value.toString('latin1'), keyword, fraction);
}

function withoutTrailingSlashes(path: Buffer): Buffer {
  let end = path.length;
  while (end > 1 && path[end - 1] === 0x2f) end--;
  return path.subarray(0, end);
}

function checkHeader({ path, target, uid, gid, size }: TarHeader, isLink: boolean): void {
  const fault =
    path.length === 0
      ? 'an empty name'
      : path.includes(0) || target.includes(0)
        ? 'a NUL in its name'
        : isLink && target.length === 0
          ? 'a link without a target'
          : size < 0
            ? 'a negative size'
            : [uid, gid].some(id => id < 0 || id > highestId)
              ? 'an owner out of range'
              : undefined;
  if (fault !== undefined) throw tarError('TAR_HEADER', `Tar entry ${shownPath(path)} has ${fault}`);
}

class EntryBody implements AsyncIterable<Buffer> {
  readonly #bytes: ByteSource;
  readonly #header: TarHeader;
  #left: number;

  constructor(bytes: ByteSource, header: TarHeader) {
    this.#bytes = bytes;
    this.#header = header;
    this.#left = header.size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    while (this.#left > 0) yield await this.#next();
  }

  /** Reads past what is left of the content and its padding. */
  async skip(): Promise<void> {
    while (this.#left > 0) await this.#next();
    const padding = paddingOf(this.#header.size);
    if (padding > 0 && (await this.#bytes.upTo(padding)).length < padding) throw this.#truncated();
  }

  async #next(): Promise<Buffer> {
    const chunk = await this.#bytes.some(this.#left);
    if (chunk === undefined) throw this.#truncated();
    this.#left -= chunk.length;
    return chunk;
  }

  #truncated() {
    return tarError('TAR_TRUNCATED', `The tar archive ends within ${shownPath(this.#header.path)}`);
  }
}

export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

function truncated() {
  return tarError('TAR_TRUNCATED', 'The tar archive ends within a header');
}

/** The whole content of an entry. @throws HoldfastError TAR_HEADER if it is larger than `limit` bytes */
export async function entryBytes(entry: TarEntry, limit: number): Promise<Buffer> {
  if (entry.size > limit) {
    throw tarError('TAR_HEADER', `Tar entry ${shownPath(entry.path)} is larger than ${limit} bytes`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
