/** A file in a repository of Maven's layout, as far as its own path tells: where the group begins it does not. */
export interface LaidOutFile {
  /** What lies above the artifact's directory: the repository's own path, then the group. */
  readonly above: readonly string[];
  readonly artifact: string;
  /** The file's: of a snapshot, the timestamped one. */
  readonly version: string;
  readonly classifier: string | undefined;
  /** `jar`, `tar.gz`; that of a signature too: `jar.asc`. */
  readonly extension: string;
  /** Whether it is but the checksum of that file. */
  readonly checksum: boolean;
}

const checksumEnding = /\.(?:md5|sha1|sha256|sha512)$/;
const signatureEnding = /\.(?:asc|sigstore(?:\.json)?)$/;
const metadataFile = 'maven-metadata.xml';

/**
 * `<artifact>/<version>/<artifact>-<version>[-<classifier>].<extension>`, of a snapshot with time and build number in
 * place of `SNAPSHOT` (Maven, "Repository Layout - Default"). Nothing where the path has another shape.
 */
export function laidOutFile(segments: readonly string[]): LaidOutFile | undefined {
  const [file = '', directory = '', artifact = '', ...rest] = segments.toReversed();
  if (!isIdentifier(artifact) || !/^[\w.+~-]+$/.test(directory) || file.length > 255) return undefined;
  if (!file.startsWith(`${artifact}-`)) return undefined;
  const plain = file.replace(checksumEnding, '');
  const signature = signatureEnding.exec(plain)?.[0] ?? '';
  const stem = plain.slice(artifact.length + 1, plain.length - signature.length);
  const version = versionIn(stem, directory);
  if (version === undefined) return undefined;
  const ending = /^(?:-([\w.+-]+?))?\.((?:tar\.)?[A-Za-z0-9]+)$/.exec(stem.slice(version.length));
  const [, classifier, extension] = ending ?? [];
  if (extension === undefined) return undefined;
  return {
    above: rest.toReversed(),
    artifact,
    version,
    classifier,
    extension: extension + signature,
    checksum: plain !== file,
  };
}

function versionIn(stem: string, directory: string): string | undefined {
  if (stem.startsWith(directory)) return directory;
  if (!directory.endsWith('SNAPSHOT')) return undefined;
  const base = directory.slice(0, -'SNAPSHOT'.length);
  const time = stem.startsWith(base) && /^\d{8}\.\d{6}-\d+/.exec(stem.slice(base.length))?.[0];
  return typeof time === 'string' ? base + time : undefined;
}

/** `maven-metadata.xml`, which lists the versions of an artifact, or its checksum. */
export function isMetadata(segments: readonly string[]): boolean {
  return segments.at(-1)?.replace(checksumEnding, '') === metadataFile;
}

export function isChecksum(segments: readonly string[]): boolean {
  return checksumEnding.test(segments.at(-1) ?? '');
}

/** `group:artifact[:extension[:classifier]]`, as Maven writes coordinates; a jar's extension goes without saying. */
export function coordinates(group: string, { artifact, extension, classifier }: LaidOutFile): string {
  if (classifier !== undefined) return `${group}:${artifact}:${extension}:${classifier}`;
  return extension === 'jar' ? `${group}:${artifact}` : `${group}:${artifact}:${extension}`;
}

/** The group whose directory these segments are; nothing where they are none: a dot would be a directory's end. */
export function groupOf(segments: readonly string[]): string | undefined {
  return segments.length > 0 && segments.every(segment => /^[\w-]+$/.test(segment))
    ? segments.join('.')
    : undefined;
}

function isIdentifier(text: string): boolean {
  return /^[\w.-]+$/.test(text);
}
