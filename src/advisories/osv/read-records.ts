import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { upstreamError } from '../../core/index.ts';
import { plainName } from '../plain-name.ts';
import { zipEntries } from '../zip.ts';
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
  for (const entry of zipEntries(bytes, name))
    if (entry.name.endsWith('.json'))
      records.push(...recordsOfText(entry.read().toString(), `${name}: ${entry.name}`, wanted));
  return records;
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
