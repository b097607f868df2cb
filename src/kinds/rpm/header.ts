/** Tags of a package's header (rpm, include/rpm/rpmtag.h), and the types that they have here. */
const tags = { name: 1000, version: 1001, release: 1002, epoch: 1003, arch: 1022 } as const;
const types = { number: 4, text: 6 } as const;
const entrySize = 16;

export interface HeaderFacts {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly epoch?: string | undefined;
  /** Keys that rpm trusts are kept as packages without one. */
  readonly architecture?: string | undefined;
}

/**
 * What the header of a package says it is, as databases keep it (rpm, lib/header.c): two lengths, an index of tags,
 * their values. Nothing where it is none.
 */
export function headerFacts(bytes: Buffer): HeaderFacts | undefined {
  if (bytes.length < 8) return undefined;
  const [entries, length] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  const start = 8 + entries * entrySize;
  if (start + length > bytes.length) return undefined;
  const values = bytes.subarray(start, start + length);
  const found = new Map<number, string | undefined>();
  for (let at = 8; at < start; at += entrySize) {
    const [tag, type, offset] = [0, 4, 8].map(more => bytes.readUInt32BE(at + more));
    if (tag === undefined || type === undefined || offset === undefined) continue;
    if (Object.values<number>(tags).includes(tag)) found.set(tag, valueAt(values, type, offset));
  }
  const text = (name: keyof typeof tags) => found.get(tags[name]);
  const [name, version, release] = [text('name'), text('version'), text('release')];
  if (name === undefined || version === undefined || release === undefined) return undefined;
  return { name, version, release, epoch: text('epoch'), architecture: text('arch') };
}

function valueAt(values: Buffer, type: number, offset: number): string | undefined {
  if (type === types.number)
    return offset + 4 <= values.length ? String(values.readUInt32BE(offset)) : undefined;
  const end = type === types.text && offset < values.length ? values.indexOf(0, offset) : -1;
  return end < 0 ? undefined : values.toString('utf8', offset, end);
}
