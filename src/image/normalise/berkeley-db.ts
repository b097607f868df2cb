import { createHash } from 'node:crypto';
import { byteString, bytesOf, type ByteString } from '../filesystem/byte-string.ts';
import { same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

export const berkeleyDbRules: readonly Rule[] = [
  {
    id: 'mail-tables',
    what: "in the mail system's hash tables below /etc, such as aliases.db, the time becomes the source date, the file's number is made of path and content, and free space is zero",
    why: 'Berkeley DB makes the number of inode, device, time and chance, and writes unused memory; what the tables say stays',
    paths: /^etc\/(?:.+\/)?[^/]+\.db$/,
    apply: normalisedTable,
  },
];

/** The first page of a hash (Berkeley DB 4 and later, db_page.h, `DBMETA`), in the byte order of x86 and Arm. */
const meta = { magic: 12, pageSize: 20, encryption: 24, type: 25, flags: 26, number: 52 } as const;
const numberLength = 20;
const hashMagic = 0x0006_1561;
const hashMeta = 8;
const checksummed = 1;

/** Any other page (`PAGE`): 16-bit offsets of its items follow the head, the items are at the end. */
const page = { itemCount: 20, firstItem: 22, type: 25, head: 26 } as const;
/** `P_HASH_UNSORTED` and `P_HASH`. */
const hashPages: readonly (number | undefined)[] = [2, 13];

function normalisedTable(file: RuleFile, { sourceDate }: RuleContext): RuleOutcome {
  if (file.type !== 'file' || file.size < 512) return same;
  const table = file.read();
  if (table.length !== file.size || !isHash(table)) return same;
  const content = timedTable(table, sourceDate);
  clearFreeSpace(content, content.readUInt32LE(meta.pageSize));
  content.fill(0, meta.number, meta.number + numberLength);
  numberOf(file.path, content).copy(content, meta.number);
  return content.equals(table) ? same : { kind: 'content', content };
}

function isHash(table: Buffer): boolean {
  const size = table.readUInt32LE(meta.pageSize);
  return (
    table.readUInt32LE(meta.magic) === hashMagic &&
    table[meta.type] === hashMeta &&
    table[meta.encryption] === 0 &&
    ((table[meta.flags] ?? 0) & checksummed) === 0 &&
    size >= 512 &&
    table.length % size === 0
  );
}

/** Postfix and Sendmail note when the table was made, in an item that lies before its key. */
function timedTable(table: Buffer, sourceDate: number): Buffer {
  const time = String(sourceDate);
  const text = byteString(table).replace(/\d{10}(?=\0?\x01YP_LAST_MODIFIED)/g, stated =>
    Number(stated) > sourceDate && time.length === stated.length ? time : stated,
  );
  return bytesOf(text);
}

/** Between the offsets and the items of each page. */
function clearFreeSpace(table: Buffer, pageSize: number): void {
  for (let at = pageSize; at < table.length; at += pageSize) {
    if (!hashPages.includes(table[at + page.type])) continue;
    const start = page.head + 2 * table.readUInt16LE(at + page.itemCount);
    const end = table.readUInt16LE(at + page.firstItem);
    if (start < end && end <= pageSize) table.fill(0, at + start, at + end);
  }
}

/** Programs that open several tables tell them apart by it. */
function numberOf(path: ByteString, table: Buffer): Buffer {
  const digest = createHash('sha256').update(bytesOf(path)).update('\0').update(table).digest();
  return digest.subarray(0, numberLength);
}
