import { isDigest } from '../../core/index.ts';
import { kinds, readKeyring, type IndexFacts } from '../../kinds/index.ts';
import { lineName, type InputLine, type Lock } from '../../lock/index.ts';
import type { Store } from '../../store/index.ts';
import type { Change } from '../changes.ts';
import type { ProvenanceChange } from './explanation.ts';

type Bytes = Pick<Store, 'readBytes'>;

/** A keyring is some kilobytes. */
const largestKeyring = 1024 * 1024;

/** Where others than before stand behind an archive: its name for itself, who signs, and keys that were downloaded. */
export async function provenanceChanges(
  changes: readonly Change[],
  before: Lock['inputs'],
  after: Lock['inputs'],
  store: Bytes,
): Promise<ProvenanceChange[]> {
  const found: ProvenanceChange[] = [];
  for (const change of changes) {
    if (change.section !== 'archives' && change.section !== 'file') continue;
    const { section, name } = change;
    const [old, now] = [before, after].map(inputs =>
      inputs[section].filter(line => lineName(section, line) === name).at(-1),
    );
    if (now === undefined) continue;
    const factsOf = section === 'archives' ? archiveFacts : keyFacts;
    const [was, is] = [old && (await factsOf(old, store)), await factsOf(now, store)];
    if (was === undefined && section === 'file') continue;
    found.push(...differing(name, was ?? {}, is ?? {}));
  }
  return found;
}

function differing(subject: string, was: IndexFacts, is: IndexFacts): ProvenanceChange[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter(name => was[name] !== is[name])
    .map(name => ({ subject, name, from: was[name], to: is[name] }));
}

async function archiveFacts({ kind, ...line }: InputLine, store: Bytes): Promise<IndexFacts | undefined> {
  const bytes = await bytesOf(line, store);
  const of = kinds.find(({ name }) => name === kind);
  // What cannot be read was refused, or believed, by the client that was given it.
  return bytes && (await of?.indexFacts?.(bytes, String(line['url'])).catch(() => undefined));
}

/** The keys of a downloaded keyring; nothing where it is none. */
async function keyFacts(line: InputLine, store: Bytes): Promise<IndexFacts | undefined> {
  if (Number(line['size'] ?? 0) > largestKeyring) return undefined;
  const bytes = await bytesOf(line, store);
  if (bytes === undefined || !looksLikeKeys(bytes)) return undefined;
  try {
    const { fingerprints } = await readKeyring([{ name: String(line['url']), bytes }]);
    return { keys: fingerprints.join(', ') };
  } catch {
    return undefined;
  }
}

/** An armoured block, or the packet of a public key (RFC 9580, sections 4.2 and 5.5.1.1). */
function looksLikeKeys(bytes: Buffer): boolean {
  return [0x98, 0x99, 0xc6].includes(bytes[0] ?? 0) || bytes.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----');
}

async function bytesOf({ sha256 }: InputLine, store: Bytes): Promise<Buffer | undefined> {
  const digest = `sha256:${String(sha256)}`;
  return isDigest(digest) ? store.readBytes(digest).catch(() => undefined) : undefined;
}
