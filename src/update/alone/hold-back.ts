import type { BuildRuntime } from '../../build/index.ts';
import { isDigest, parsePlatform } from '../../core/index.ts';
import {
  debianArchitecture,
  movedSuiteFiles,
  recordOfDeb,
  type PackageRecord,
} from '../../kinds/apt/index.ts';
import type { Exchange } from '../../kinds/index.ts';
import type { InputLine, Recording } from '../../lock/index.ts';
import type { PreviousBuild } from '../update.ts';
import { suiteAnswer } from './suite-answer.ts';

/**
 * The answers by which packages of a Debian distribution stay while all else of it moves: a suite that offers them as
 * the lock has them, to which apt is pinned. Their own files are answered from the recording.
 * @param date of the lock, RFC 3339
 * @throws HoldfastError what reading the packages throws
 */
export async function holdBack(
  names: ReadonlySet<string>,
  { entry, recording }: PreviousBuild,
  date: string,
  runtime: BuildRuntime,
): Promise<Exchange[]> {
  const held = recording.inputs.filter(
    ({ section, line }) => section === 'apt' && names.has(String(line['name'])),
  );
  const architecture = debianArchitecture(parsePlatform(entry.platform));
  const byArchive = Map.groupBy(held, ({ line }) => archiveOf(String(line['url']), recording));
  const answers: Exchange[] = [];
  for (const [uri, inputs] of byArchive) {
    const packages: PackageRecord[] = [];
    for (const { line } of inputs) packages.push(await recordOf(line, uri, runtime));
    for (const file of movedSuiteFiles({ uri, architecture, date: new Date(date), packages }))
      answers.push(await suiteAnswer(file, runtime));
  }
  return answers;
}

async function recordOf(line: InputLine, uri: string, { places }: BuildRuntime): Promise<PackageRecord> {
  const { url, size, sha256 } = line;
  const path = decodeURIComponent(String(url).slice(uri.length));
  const digest = `sha256:${String(sha256)}`;
  if (!isDigest(digest)) throw new TypeError('a package of a lock has a digest');
  return recordOfDeb(await places.readBytes(digest), { path, size: Number(size), digest });
}

/** The base of the archive that a package came from; of the server, where the lock has no archive for it. */
function archiveOf(url: string, { inputs }: Recording): string {
  const bases = inputs
    .filter(({ section, line }) => section === 'archives' && line['kind'] === 'apt')
    .map(({ line }) => String(line['url']));
  return bases.find(base => url.startsWith(base)) ?? new URL('/', url).href;
}
