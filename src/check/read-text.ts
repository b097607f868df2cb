import { readFileSync } from 'node:fs';
import { errnoOf } from '../core/index.ts';

/** A file's text, and how to write it back to the same bytes; or why it is none. */
export type ReadText =
  | { readonly text: string; readonly encoding: 'utf8' | 'latin1' }
  | { readonly unread: string };

/** Bytes; four for each character that a Dockerfile may have. */
const largest = 16 * 1024 * 1024;

/** Never throws: a directory, a file without permission and one in another encoding say why they are not read. */
export function readText(path: string): ReadText {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    return { unread: `it cannot be read: ${errnoOf(thrown) ?? 'unknown error'}` };
  }
  if (bytes.length > largest) return { unread: `it has ${bytes.length} bytes` };
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Without a mark, every other byte of plain text is zero.
  if (hasMark || (bytes.length > 1 && (first === 0) !== (second === 0)))
    return { unread: 'it is written in UTF-16, which no builder reads' };
  // A byte order mark stays: offsets count it.
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, encoding: 'utf8' };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1' };
  }
}
