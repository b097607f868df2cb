import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, upstreamError, zipEntries } from '../../core/index.ts';
import { plainName } from '../plain-name.ts';
import { osvRecord, type OsvRecord } from './record.ts';

/** Names of packages, as `plainName` writes them: records of no other are read. */
export type WantedNames = ReadonlySet<string>;

/**
 * The records in a directory, a `.json` or a `.zip`, that tell of one of the packages.
 * @throws HoldfastError ADVISORY_FEED_INVALID, ADVISORY_FEED_MISSING (exit 5)
 */
export async function recordsAt(path: string, wanted: WantedNames): Promise<OsvRecord[]> {
  try {
    if (!(await stat(path)).isDirectory()) return recordsIn(await readFile(path), path, wanted);
    const names = await readdir(path, { recursive: true });
    const records: OsvRecord[] = [];
    for (const name of names.filter(one => /\.(?:json|zip)$/.test(one)).toSorted())
      records.push(...recordsIn(await readFile(join(path, name)), join(path, name), wanted));
    return records;
  } catch (error) {
    if (error instanceof Error && 'errno' in error)
      throw upstreamError('ADVISORY_FEED_MISSING', `the feed ${path} cannot be read: ${error.message}`, {
        next: 'Name a directory, a .json or a .zip in `advisories.osv` of holdfast.yaml.',
        cause: error,
      });
    throw error;
  }
}

/** The records in a file's bytes: a ZIP archive, one record, or a list of them. @throws as recordsAt */
export function recordsIn(bytes: Buffer, name: string, wanted: WantedNames): OsvRecord[] {
  if (!bytes.subarray(0, 2).equals(Buffer.from('PK'))) return recordsOfText(bytes.toString(), name, wanted);
  const records: OsvRecord[] = [];
  for (const { name: file, text } of jsonFilesIn(bytes, name))
    records.push(...recordsOfText(text, `${name}: ${file}`, wanted));
  return records;
}

/** Larger than any record is. */
const largestRecord = 64 * 1024 * 1024;

function* jsonFilesIn(archive: Buffer, name: string): Generator<{ name: string; text: string }> {
  try {
    for (const entry of zipEntries(archive, largestRecord))
      if (entry.name.endsWith('.json')) yield { name: entry.name, text: entry.read().toString() };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw upstreamError(
      'ADVISORY_FEED_INVALID',
      `${name} is no ZIP archive that can be read: ${messageOf(error)}`,
      { next: 'Fetch it anew; osv.dev has an all.zip for each ecosystem.', cause: error },
    );
  }
}

/** Most records are of other packages: looking for names in the text is faster than reading it as JSON. */
function recordsOfText(text: string, name: string, wanted: WantedNames): OsvRecord[] {
  if (!namesIn(text).some(one => wanted.has(plainName(one)))) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw upstreamError('ADVISORY_FEED_INVALID', `${name} is no JSON`, {
      next: 'Fetch the feed anew.',
      cause: error,
    });
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap(one => {
    const record = osvRecord(one);
    const affected = record?.affected.filter(entry => wanted.has(plainName(entry.name))) ?? [];
    return record === undefined || affected.length === 0 ? [] : [{ ...record, affected }];
  });
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/"name"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name = '']) =>
    name.replaceAll('\\/', '/'),
  );
}
