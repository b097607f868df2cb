import { createHash } from 'node:crypto';

const signature = 'DIRC';
const headerLength = 12;
/** Of an entry: times, device and inode, mode, owner, group, size; the object's id and flags follow. */
const statLength = 40;
/** Times of change and modification, in seconds and nanoseconds, device and inode. */
const volatileLength = 24;
const extendedFlag = 0x4000;

const objectFormats = [
  { algorithm: 'sha1', length: 20 },
  { algorithm: 'sha256', length: 32 },
] as const;

/**
 * An index without what the files' state on one disk was (gitformat-index(5), versions 2 to 4): as `git read-tree`
 * leaves it, so that git compares the contents once, and then remembers.
 * @returns nothing for what is no whole index
 */
export function indexWithoutStats(index: Buffer): Buffer | undefined {
  if (index.length < headerLength || index.toString('latin1', 0, 4) !== signature) return undefined;
  for (const { algorithm, length } of objectFormats) {
    if (index.length < headerLength + length) continue;
    const content = Buffer.from(index.subarray(0, -length));
    const digest = () => createHash(algorithm).update(content).digest();
    const trailer = index.subarray(-length);
    // `index.skipHash` leaves zeros in its place.
    const isSkipped = trailer.every(byte => byte === 0);
    if (!isSkipped && !digest().equals(trailer)) continue;
    const entries = entryPlaces(content, length);
    if (entries === undefined) continue;
    for (const at of entries) content.fill(0, at, at + volatileLength);
    return Buffer.concat([content, isSkipped ? trailer : digest()]);
  }
  return undefined;
}

/** Where the entries begin; nothing where they and the extensions after them do not fill the content. */
function entryPlaces(content: Buffer, idLength: number): number[] | undefined {
  const version = content.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  const places: number[] = [];
  let at = headerLength;
  for (let left = content.readUInt32BE(8); left > 0; left--) {
    const flags = at + statLength + idLength;
    if (flags + 2 > content.length) return undefined;
    const isExtended = (content.readUInt16BE(flags) & extendedFlag) !== 0;
    let name = flags + (isExtended ? 4 : 2);
    // Version 4 says first, in a number of as many bytes as it needs, how much of the name before is not repeated.
    if (version === 4) while (((content[name++] ?? 0) & 0x80) !== 0);
    const end = content.indexOf(0, name);
    if (end === -1) return undefined;
    places.push(at);
    // The other versions fill up to a multiple of eight bytes, with one zero at least.
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7);
  }
  return isExtensions(content, at) ? places : undefined;
}

/** Each extension is a name of four bytes, its length, and as many bytes. */
function isExtensions(content: Buffer, start: number): boolean {
  let at = start;
  while (at + 8 <= content.length) at += 8 + content.readUInt32BE(at + 4);
  return at === content.length;
}
