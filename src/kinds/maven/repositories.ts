import type { Digest } from '../../core/index.ts';
import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { RecogniseContext } from '../kind.ts';
import { directoryUrl, urlPath, type UrlPath } from '../url-path.ts';
import { elementAt, parseXml, type XmlElement } from '../xml.ts';
import { groupOf, isChecksum, isMetadata, laidOutFile, type LaidOutFile } from './layout.ts';

/** Poms and metadata of the public repositories are some kilobytes; the largest metadata known has 300. */
const largestDocument = 4 * 1024 * 1024;

/** So many files that agree on where a repository begins are believed without asking more. */
const enough = 3;

/** Extensions that say by themselves that a file is a build's: repositories of other kinds hold archives too. */
const packagings = new Set(['pom', 'jar', 'war', 'ear', 'aar', 'module', 'klib']);

/**
 * Where the Maven repositories begin that a build took files from. A file's URL does not tell the repository's path
 * from the group's; poms and metadata name their group, and so divide their own.
 */
export class Repositories {
  /** How many files say that a repository begins at a URL. */
  readonly #witnesses = new Map<string, number>();
  readonly #metadata = new Set<Digest>();

  /** @throws what `readBody` throws; a document that is not what its name says is passed over. */
  static async read({ exchanges, readBody }: RecogniseContext): Promise<Repositories> {
    const repositories = new Repositories();
    for (const exchange of exchanges) {
      const path = urlPath(exchange.key.url);
      const body = bodyOf(exchange);
      if (path === undefined || body === undefined || body.size > largestDocument) continue;
      if (!asksForFile(exchange) || outcomeOf(exchange) !== 'whole') continue;
      if (!isDocument(path) || (repositories.#isKnown(path) && !isMetadata(path.segments))) continue;
      const root = parseXml((await readBody(body.digest)).toString());
      if (root?.name === 'metadata') repositories.#metadata.add(body.digest);
      repositories.#witness(path, root);
    }
    return repositories;
  }

  /** The group of a file; nothing where it is not known, nor seen from a usual shape, where the repository begins. */
  groupOf({ origin, segments }: UrlPath, file: LaidOutFile): string | undefined {
    const length = this.#repositoryLength(origin, segments) ?? usualLength(file);
    return length === undefined ? undefined : groupOf(file.above.slice(length));
  }

  /** Whether a body is what `maven-metadata.xml` must be. */
  isMetadata(digest: Digest): boolean {
    return this.#metadata.has(digest);
  }

  #isKnown({ origin, segments }: UrlPath): boolean {
    const length = this.#repositoryLength(origin, segments);
    return length !== undefined && this.#votes(origin, segments, length) >= enough;
  }

  /** How many segments the repository's own path has. Where files disagree, most of them decide. */
  #repositoryLength(origin: string, segments: readonly string[]): number | undefined {
    const lengths = segments.map((_, length) => length);
    const best = Math.max(0, ...lengths.map(length => this.#votes(origin, segments, length)));
    return best === 0
      ? undefined
      : lengths.findLast(length => this.#votes(origin, segments, length) === best);
  }

  #votes(origin: string, segments: readonly string[], length: number): number {
    return this.#witnesses.get(directoryUrl(origin, segments.slice(0, length))) ?? 0;
  }

  #witness({ origin, segments }: UrlPath, root: XmlElement | undefined): void {
    const length = lengthSaidBy(segments, root);
    if (length === undefined) return;
    const url = directoryUrl(origin, segments.slice(0, length));
    this.#witnesses.set(url, (this.#witnesses.get(url) ?? 0) + 1);
  }
}

function isDocument({ segments }: UrlPath): boolean {
  if (isMetadata(segments)) return !isChecksum(segments);
  const file = laidOutFile(segments);
  return file?.extension === 'pom' && !file.checksum && file.classifier === undefined;
}

function lengthSaidBy(segments: readonly string[], root: XmlElement | undefined): number | undefined {
  if (root?.name === 'project') {
    const group = elementAt(root, 'groupId') ?? elementAt(root, 'parent', 'groupId');
    return lengthBefore(laidOutFile(segments)?.above, group?.text);
  }
  if (root?.name !== 'metadata') return undefined;
  const directory = segments.slice(0, -1);
  const group = elementAt(root, 'groupId')?.text;
  const artifact = elementAt(root, 'artifactId')?.text;
  if (artifact === undefined) return lengthBefore(directory, group);
  // Metadata of a snapshot lies one directory deeper, beside the snapshot's files.
  const above = [directory.slice(0, -1), directory.slice(0, -2)];
  return lengthBefore(
    above.find(({ length }) => directory[length] === artifact),
    group,
  );
}

/** How many segments stand before a group's at the end of a directory. */
function lengthBefore(
  directory: readonly string[] | undefined,
  group: string | undefined,
): number | undefined {
  const parts = group?.split('.') ?? [];
  if (directory === undefined || groupOf(parts) === undefined) return undefined;
  const length = directory.length - parts.length;
  return length >= 0 && parts.every((part, n) => directory[length + n] === part) ? length : undefined;
}

/**
 * Where repository managers put a repository. All but the first two also hold repositories of other kinds, whose files
 * may happen to be laid out alike, so that there only what surely is a build's counts.
 */
const usualShapes = [
  { segments: ['maven2'], any: true },
  { segments: ['m2'], any: true },
  { segments: ['packages', 'maven'], any: false },
  { segments: ['content', 'repositories', '*'], any: false },
  { segments: ['content', 'groups', '*'], any: false },
  { segments: ['repository', '*'], any: false },
  { segments: ['artifactory', '*'], any: false },
] as const;

function usualLength({ above, extension }: LaidOutFile): number | undefined {
  const surely = packagings.has(extension.split('.')[0] ?? '');
  for (const { segments, any } of usualShapes) {
    const start = above.findIndex((_, at) =>
      segments.every((segment, n) => above[at + n] === segment || (segment === '*' && above.length > at + n)),
    );
    if (start >= 0 && (any || surely)) return start + segments.length;
  }
  return undefined;
}
