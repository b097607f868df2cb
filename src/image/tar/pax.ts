import { tarError } from './header.ts';

/** Keyword to value; keywords are byte strings (see TarHeader), values raw bytes. An empty value unsets a keyword. */
export type PaxRecords = Map<string, Buffer>;

/**
 * Records of a PAX extended header (POSIX pax, "pax Extended Header"): `"%d %s=%s\n"`, the length counting itself.
 * Values are kept as bytes: `SCHILY.xattr.security.capability` is not text.
 * @throws HoldfastError TAR_PAX
 */
export function parsePax(body: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const digits = space > at && space - at <= 10 ? body.toString('latin1', at, space) : '';
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : 0;
    if (end <= space + 1 || end > body.length || body[end - 1] !== 0x0a) {
      throw tarError('TAR_PAX', 'A PAX header of the tar archive has a record of a wrong length');
    }
    const equals = body.indexOf(0x3d, space + 1);
    if (equals <= space + 1 || equals >= end) {
      throw tarError('TAR_PAX', 'A PAX header of the tar archive has a record without keyword or value');
    }
    records.set(body.toString('latin1', space + 1, equals), Buffer.from(body.subarray(equals + 1, end - 1)));
    at = end;
  }
  return records;
}

/** The inverse of `parsePax`, keywords sorted by their bytes. */
export function formatPax(records: ReadonlyMap<string, Buffer>): Buffer {
  const sorted = [...records].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(sorted.map(([keyword, value]) => formatRecord(keyword, value)));
}

function formatRecord(keyword: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${keyword}=`, 'latin1'), value, Buffer.from('\n')]);
  // The length counts its own digits, so adding them can add a digit.
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
