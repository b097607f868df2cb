import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { canonicalJson, sha256, type Digest, type Json } from '../../core/index.ts';
import { contextMode } from './file-mode.ts';
import { entriesOf, type CopySource, type Selection } from './sources.ts';

/** The digest of what a COPY from the context brings: names, contents, links and the one bit of mode that counts. */
export async function sourcesDigest(sources: readonly CopySource[], selection: Selection): Promise<Digest> {
  const entries: Json[] = [];
  for (const [n, source] of sources.entries()) {
    for (const { path, below, stats, taken } of entriesOf(source, selection)) {
      if (!taken) continue;
      const name = below === '' ? `${n}:${source.name ?? source.path}` : `${n}:${source.path}/${below}`;
      entries.push([name, ...(await entryFacts(join(source.root, path), stats))]);
    }
  }
  return sha256(canonicalJson(entries));
}

/** Bytes. */
const smallFile = 4 * 1024 * 1024;

async function entryFacts(absolute: string, stats: Stats): Promise<Json[]> {
  if (stats.isSymbolicLink()) return ['link', readlinkSync(absolute)];
  if (stats.isDirectory()) return ['directory'];
  if (stats.isSocket()) return fileFacts(stats, createHash('sha256')); // COPY makes an empty file of it.
  if (!stats.isFile()) return ['other'];
  const hash = createHash('sha256');
  // A stream costs about a millisecond, which thousands of small files would add up to seconds.
  if (stats.size <= smallFile) hash.update(readFileSync(absolute));
  else await pipeline(createReadStream(absolute, { highWaterMark: smallFile }), hash);
  return fileFacts(stats, hash);
}

const fileFacts = (stats: Stats, content: Hash): Json[] => [
  'file',
  contextMode(stats),
  content.digest('hex'),
];
