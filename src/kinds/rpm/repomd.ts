import { parseXml, elementAt, type XmlElement } from '../xml.ts';

/** `repodata/repomd.xml`: the index that names a repository's other indexes by their digests. */
export interface Repomd {
  /** RFC 3339; nothing where it does not say. */
  readonly date: string | undefined;
  /** Of each file that it names, `algorithm:hexadecimal` with the algorithm's name as node:crypto has it. */
  readonly checksums: readonly string[];
  /** Where those files lie, from the repository's own directory. */
  readonly files: readonly string[];
}

/**
 * Nothing where the text is something else. The date is the revision, where that is a time as createrepo writes it,
 * or else the latest time of the files that it names.
 */
export function parseRepomd(text: string): Repomd | undefined {
  const root = parseXml(text);
  if (root?.name !== 'repomd') return undefined;
  const files = root.children.filter(({ name }) => name === 'data');
  const checksums = files.flatMap(data => checksumIn(elementAt(data, 'checksum')) ?? []);
  const places = files
    .flatMap(data => elementAt(data, 'location')?.attributes.get('href') ?? [])
    .filter(isBelow);
  const times = files
    .map(data => secondsIn(elementAt(data, 'timestamp')?.text))
    .filter(time => time !== undefined);
  const seconds = secondsIn(elementAt(root, 'revision')?.text) ?? times.toSorted((a, b) => b - a)[0];
  if (seconds === undefined) return { date: undefined, checksums, files: places };
  return { date: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'), checksums, files: places };
}

const isBelow = (path: string) => !/^\/|:|(?:^|\/)\.\.(?:\/|$)/.test(path);

/** `sha` is what old versions of createrepo call SHA-1. */
function checksumIn(element: XmlElement | undefined): string | undefined {
  const type = element?.attributes.get('type') ?? '';
  const hex = element?.text.toLowerCase() ?? '';
  if (!/^sha(?:1|224|256|384|512)?$/.test(type) || !/^[0-9a-f]{40,128}$/.test(hex)) return undefined;
  return `${type === 'sha' ? 'sha1' : type}:${hex}`;
}

/** Seconds since 1970; a revision may also be a counter, which is no time. */
function secondsIn(text: string | undefined): number | undefined {
  const [, digits] = /^(\d{9,10})(?:\.\d+)?$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Whether a text is an answer to "where are mirrors of this repository": a metalink (RFC 5854 and its forerunner) for
 * repomd.xml, or a list of URLs. `isRepository` says whether there is one at a URL.
 */
export function isMirrorList(text: string, isRepository: (url: string) => boolean): boolean {
  if (/^\s*</.test(text)) {
    const root = parseXml(text);
    const files =
      root?.name === 'metalink' ? [...root.children, ...(elementAt(root, 'files')?.children ?? [])] : [];
    return files.some(({ name, attributes }) => name === 'file' && attributes.get('name') === 'repomd.xml');
  }
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'));
  return (
    lines.every(line => /^[a-z]+:\/\/\S+\s*$/.test(line)) && lines.some(line => isRepository(line.trim()))
  );
}
