/** A file that is no such database, or a damaged one. */
export class DamagedDatabase extends Error {}

/** Everything that a row may hold but text, which is given as its bytes. */
export type SqliteValue = Buffer | number | bigint | undefined;

/**
 * The rows of a table in a SQLite database, read from its bytes (sqlite.org/fileformat2.html) by no more than this:
 * what a hostile file says in SQL is never run. `log` is the write-ahead log that lies beside the file. Each page is
 * read once, so that no file costs more than its size.
 * @throws DamagedDatabase
 */
export function* sqliteTable(file: Buffer, log: Buffer | undefined, name: string): Generator<SqliteValue[]> {
  const database = new Pages(file, log);
  for (const [type, own, , root] of rowsBelow(database, 1)) {
    if (String(type) !== 'table' || String(own) !== name) continue;
    if (typeof root !== 'number') throw new DamagedDatabase('a table without a page');
    yield* rowsBelow(database, root);
    return;
  }
}

class Pages {
  readonly usable: number;
  readonly #file: Buffer;
  readonly #size: number;
  readonly #newer: ReadonlyMap<number, Buffer>;
  readonly #seen = new Set<number>();

  constructor(file: Buffer, log: Buffer | undefined) {
    if (file.length < 512 || file.toString('latin1', 0, 16) !== 'SQLite format 3\0')
      throw new DamagedDatabase('it is no SQLite database');
    const size = file.readUInt16BE(16);
    this.#size = size === 1 ? 65_536 : size;
    this.usable = this.#size - file.readUInt8(20);
    // The least that SQLite takes for either.
    if (this.#size < 512 || this.usable < 480) throw new DamagedDatabase('its pages have no size');
    this.#file = file;
    this.#newer = pagesOfLog(log, this.#size);
  }

  /** Page 1 is the first. */
  page(number: number): Buffer {
    if (this.#seen.has(number)) throw new DamagedDatabase(`page ${number} is in two places`);
    this.#seen.add(number);
    const start = (number - 1) * this.#size;
    const page = this.#newer.get(number) ?? this.#file.subarray(start, start + this.#size);
    if (number < 1 || page.length < this.#size) throw new DamagedDatabase(`there is no page ${number}`);
    return page;
  }
}

/** Section 4, "The Write-Ahead Log": pages as the last transaction that is complete left them. */
function pagesOfLog(log: Buffer | undefined, size: number): Map<number, Buffer> {
  const pages = new Map<number, Buffer>();
  if (log === undefined || log.length < 32 || log.readUInt32BE(8) !== size) return pages;
  const salt = log.subarray(16, 24);
  let open = new Map<number, Buffer>();
  for (let at = 32; at + 24 + size <= log.length; at += 24 + size) {
    // What an earlier use of the log left has another salt.
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    open.set(log.readUInt32BE(at), log.subarray(at + 24, at + 24 + size));
    if (log.readUInt32BE(at + 4) === 0) continue;
    for (const [number, page] of open) pages.set(number, page);
    open = new Map();
  }
  return pages;
}

/** Section 1.6, "B-tree Pages". */
function* rowsBelow(database: Pages, root: number): Generator<SqliteValue[]> {
  const waiting = [root];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const page = database.page(number);
    const head = number === 1 ? 100 : 0;
    const type = page.readUInt8(head);
    const isLeaf = type === 13;
    if (!isLeaf && type !== 5) throw new DamagedDatabase(`page ${number} is none of a table`);
    const first = head + (isLeaf ? 8 : 12);
    const children: number[] = [];
    for (let cell = 0; cell < page.readUInt16BE(head + 3); cell++) {
      const at = within(page, first + 2 * cell, 2).readUInt16BE();
      if (isLeaf) yield recordIn(payloadOf(database, page, at));
      else children.push(within(page, at, 4).readUInt32BE());
    }
    if (!isLeaf) waiting.push(page.readUInt32BE(head + 8), ...children.toReversed());
  }
}

/** What a cell of a leaf holds, with the pages that it goes on in. */
function payloadOf(database: Pages, page: Buffer, cell: number): Buffer {
  const [length, afterLength] = varint(page, cell);
  const [, start] = varint(page, afterLength);
  const { usable } = database;
  if (length <= usable - 35) return within(page, start, length);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const most = least + ((length - least) % (usable - 4));
  const here = most <= usable - 35 ? most : least;
  const parts = [within(page, start, here)];
  let next = within(page, start + here, 4).readUInt32BE();
  for (let left = length - here; left > 0; left -= usable - 4) {
    const more = database.page(next);
    parts.push(within(more, 4, Math.min(left, usable - 4)));
    next = more.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** Section 2.1, "Record Format". */
function recordIn(payload: Buffer): SqliteValue[] {
  const values: SqliteValue[] = [];
  const [headLength, first] = varint(payload, 0);
  let at = headLength;
  for (let head = first; head < headLength; ) {
    const [type, next] = varint(payload, head);
    head = next;
    const size = type >= 12 ? Math.floor((type - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? 0);
    values.push(valueOf(type, within(payload, at, size)));
    at += size;
  }
  return values;
}

function valueOf(type: number, bytes: Buffer): SqliteValue {
  if (type >= 12) return bytes;
  if (type === 8 || type === 9) return type - 8;
  if (type === 0 || type > 7) return undefined;
  if (type === 6) return bytes.readBigInt64BE();
  return type === 7 ? bytes.readDoubleBE() : bytes.readIntBE(0, bytes.length);
}

/** At most nine bytes, of which a length of this format needs no more than five. */
function varint(bytes: Buffer, start: number): readonly [value: number, next: number] {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = within(bytes, at, 1).readUInt8();
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + 1];
  }
  return [value * 256 + within(bytes, start + 8, 1).readUInt8(), start + 9];
}

function within(bytes: Buffer, start: number, length: number): Buffer {
  if (start < 0 || start + length > bytes.length) throw new DamagedDatabase('a value is cut off');
  return bytes.subarray(start, start + length);
}
