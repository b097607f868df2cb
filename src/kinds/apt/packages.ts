/**
 * A `Packages` index (Debian repository format, "Packages Indices"). These reach 60 MB, so the text is scanned
 * once for the few fields that every question needs, and a package's other fields are read when asked for.
 */

import { isDigest, upstreamError, type Digest } from '../../core/index.ts';

export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  /** `all`, or a Debian architecture. */
  readonly architecture: string;
  readonly essential: boolean;
  readonly priority: string;
  /** The value of `Provides`, or an empty string. */
  readonly provides: string;
  /** All of it, as the index has it. */
  readonly stanza: string;
  /**
   * Any field's value, white space around it removed; continuation lines joined with LF.
   * @throws nothing: an absent field is undefined.
   */
  field(name: string): string | undefined;
}

/** Where a package's file is and what it must be. */
export interface PackageFile {
  /** The path below the archive's base URI. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
}

class IndexedPackage implements PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly essential: boolean;
  readonly priority: string;
  readonly provides: string;
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;

  constructor(text: string, start: number, end: number, slots: readonly string[]) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.name = slots[0] ?? '';
    this.version = slots[1] ?? '';
    this.architecture = slots[2] ?? '';
    this.essential = slots[3] === 'yes';
    this.priority = slots[4] ?? '';
    this.provides = slots[5] ?? '';
  }

  get stanza(): string {
    return Buffer.from(this.#text.slice(this.#start, this.#end), 'latin1').toString('utf8');
  }

  field(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const field of fieldsIn(this.#text, this.#start, this.#end)) {
      if (field.end - field.start === wanted.length) {
        const found = this.#text.slice(field.start, field.end).toLowerCase();
        if (found === wanted) return decoded(this.#text.slice(field.end + 1, field.stop));
      }
    }
    return undefined;
  }
}

const slotOf: ReadonlyMap<string, number> = new Map(
  ['package', 'version', 'architecture', 'essential', 'priority', 'provides'].map((name, slot) => [
    name,
    slot,
  ]),
);

/** The slot of a field name as it is written; remembers each spelling, for there are only some dozens. */
function slotReader(): (spelling: string) => number {
  const known = new Map<string, number>();
  return spelling => {
    const slot = known.get(spelling);
    if (slot !== undefined) return slot;
    const found = slotOf.get(spelling.toLowerCase()) ?? -1;
    known.set(spelling, found);
    return found;
  };
}

/**
 * The packages of an index, in its order.
 * @param origin what to call the index in an error, for example its URL.
 * @throws HoldfastError APT_PACKAGES_MALFORMED (exit 5) where a stanza lacks Package, Version or Architecture.
 */
export function parsePackages(bytes: Uint8Array, origin: string): PackageRecord[] {
  // Latin-1 keeps one byte a character, so that scanning is fast and offsets are cheap; values are decoded when read.
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const text = raw.includes('\r') ? raw.replaceAll('\r\n', '\n') : raw;
  const slot = slotReader();
  const records: PackageRecord[] = [];
  for (const [start, end] of stanzaRanges(text)) {
    const slots = ['', '', '', '', '', ''];
    for (const field of fieldsIn(text, start, end)) {
      const index = slot(text.slice(field.start, field.end));
      if (index >= 0) slots[index] = text.slice(field.end + 1, field.stop).trim();
    }
    if (slots[0] === '' || slots[1] === '' || slots[2] === '') {
      throw upstreamError('APT_PACKAGES_MALFORMED', `${origin} holds a stanza that describes no package`, {
        next: 'Ask the archive’s owner, or use another mirror of it.',
        details: [text.slice(start, Math.min(end, start + 200))],
      });
    }
    records.push(new IndexedPackage(text, start, end, slots));
  }
  return records;
}

/**
 * Where a package's file is and what it must be.
 * @throws HoldfastError APT_PACKAGES_MALFORMED (exit 5) without Filename, Size and SHA256, or where Filename climbs out.
 */
export function packageFile(record: PackageRecord): PackageFile {
  const path = record.field('Filename')?.replace(/^(\.\/)+/, '');
  const size = Number(record.field('Size'));
  const digest = `sha256:${record.field('SHA256')?.toLowerCase()}`;
  const climbs = path === undefined || path.startsWith('/') || path.split('/').includes('..');
  if (climbs || !Number.isSafeInteger(size) || size <= 0 || !isDigest(digest)) {
    throw upstreamError(
      'APT_PACKAGES_MALFORMED',
      `the index entry of ${record.name} ${record.version} does not say where its file is and what it must be`,
      { next: 'An archive must give Filename, Size and SHA256 for each package; use another mirror.' },
    );
  }
  return { path, size, digest };
}

function* stanzaRanges(text: string): Generator<readonly [start: number, end: number]> {
  let start = 0;
  while (start < text.length) {
    if (text.charCodeAt(start) === 0x0a) {
      start++;
      continue;
    }
    const gap = text.indexOf('\n\n', start);
    const end = gap < 0 ? text.length : gap;
    yield [start, end];
    start = end + 1;
  }
}

/** A field's name is `start` to `end`, its value from after the colon to `stop`. */
interface FieldRange {
  readonly start: number;
  readonly end: number;
  readonly stop: number;
}

function* fieldsIn(text: string, from: number, to: number): Generator<FieldRange> {
  let start = from;
  while (start < to) {
    let stop = lineEnd(text, start, to);
    while (stop < to && isBlank(text.charCodeAt(stop + 1))) stop = lineEnd(text, stop + 1, to);
    const end = text.indexOf(':', start);
    if (end > start && end < stop) yield { start, end, stop };
    start = stop + 1;
  }
}

function lineEnd(text: string, from: number, to: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 || newline > to ? to : newline;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function decoded(latin1: string): string {
  const value = latin1
    .split('\n')
    .map((line, index) => (index === 0 ? line : line.slice(1).trimEnd()))
    .join('\n')
    .trim();
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}
