import { isDigest, type Digest } from '../../core/index.ts';

/** A version of a crate: one line of its file in the index (The Cargo Book, "Registry Index", "JSON schema"). */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  /** Of the `.crate` file. */
  readonly digest: Digest;
  /** `pubtime`; nothing where the registry does not say. */
  readonly published: Date | undefined;
  readonly line: string;
}

export interface IndexPlace {
  /** The index's URL, without a final slash. */
  readonly index: string;
  /** The crate's name in lower case. */
  readonly name: string;
}

export const cratePattern = '[A-Za-z0-9][A-Za-z0-9_-]{0,63}';
const number = '(?:0|[1-9]\\d*)';
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
export const versionPattern = `${number}\\.${number}\\.${number}(?:-${identifiers})?(?:\\+${identifiers})?`;

const crateName = new RegExp(`^${cratePattern}$`);
const crateVersion = new RegExp(`^${versionPattern}$`);

/**
 * The crate whose file in a sparse index a URL names by its shape: `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcd…`, in lower
 * case ("Index files"). Other things may have that shape too.
 */
export function indexPlace(url: string): IndexPlace | undefined {
  if (!URL.canParse(url) || new URL(url).search !== '') return undefined;
  const [, index, directory, name] =
    /^([a-z]+:\/\/.+?)\/(1|2|3\/[^/]|[^/]{2}\/[^/]{2})\/([^/]+)$/.exec(url) ?? [];
  if (index === undefined || name === undefined || !crateName.test(name) || /[A-Z]/.test(name))
    return undefined;
  return directory === directoryOf(name) ? { index, name } : undefined;
}

export function directoryOf(name: string): string {
  if (name.length < 3) return String(name.length);
  return name.length === 3 ? `3/${name.charAt(0)}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}

/** The entries of a crate's file. Nothing where a line is not one, or is another crate's: it is then no such file. */
export function indexEntries(body: Buffer, name: string): IndexEntry[] | undefined {
  const entries: IndexEntry[] = [];
  for (const line of body.toString().split('\n')) {
    if (line.trim() === '') continue;
    const entry = entryOf(line);
    if (entry?.name.toLowerCase() !== name) return undefined;
    entries.push(entry);
  }
  return entries.length === 0 ? undefined : entries;
}

function entryOf(line: string): IndexEntry | undefined {
  const { name, vers, cksum, pubtime } = jsonMembers(line);
  const digest = `sha256:${String(cksum)}`;
  if (typeof name !== 'string' || !crateName.test(name) || !isDigest(digest)) return undefined;
  if (typeof vers !== 'string' || !crateVersion.test(vers)) return undefined;
  const time = new Date(typeof pubtime === 'string' ? pubtime : Number.NaN);
  return {
    name,
    version: vers,
    digest,
    published: Number.isNaN(time.getTime()) ? undefined : time,
    line,
  };
}

/** The members of a JSON object; none of anything else. */
export function jsonMembers(text: string): Readonly<Partial<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
