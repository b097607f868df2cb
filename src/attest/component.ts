import { hexOf, isDigest, sha256 } from '../core/index.ts';
import { isPackageSection, lineText, type InputLine, type RecordedInput } from '../lock/index.ts';
import type { KindName } from '../kinds/index.ts';
import type { Distribution } from './distribution.ts';
import { formatPackageUrl, packageUrl, type PackageName, type SourcePackage } from './package-url.ts';

/** One thing that an image is made from, or that is in it, in terms that all formats for bills of materials share. */
export interface Component {
  /** Tells it from the others of its bill. */
  readonly id: string;
  readonly kind: KindName;
  readonly name: string;
  readonly version?: string | undefined;
  readonly purl?: string | undefined;
  /** Hex. */
  readonly sha256?: string | undefined;
  /** From where its bytes were taken; absolute. */
  readonly url?: string | undefined;
  readonly commit?: string | undefined;
  readonly source?: SourcePackage | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
}

/** Of the lock's lines those that are software: indexes of archives, redirects and refusals are none. */
export function lockedComponents(
  inputs: readonly RecordedInput[],
  distribution: Distribution | undefined,
): Component[] {
  return inputs.flatMap(input => {
    const facts = factsOf(input, distribution);
    return facts === undefined
      ? []
      : [{ ...facts, id: idOf(facts.kind, lineText(input.section, input.line)) }];
  });
}

/** Packages that an image holds, with what the lock knows of those that were taken from outside. */
export function installedComponents(
  packages: readonly PackageName[],
  inputs: readonly RecordedInput[],
  distribution: Distribution | undefined,
): Component[] {
  const byName = new Map<string, Component>();
  for (const one of lockedComponents(inputs, distribution)) {
    // A system for several architectures has one package of a name for each.
    byName.set([one.kind, one.name, one.version].join(' '), one);
  }
  const found = packages.map(one => {
    const { kind, name, version, architecture = '' } = one;
    const known = byName.get([kind, name, version].join(' '));
    const source = otherSource(one.source ?? known?.source, one);
    const purl = packageUrl({ ...one, url: known?.url, source }, distribution);
    const id = idOf(kind, [name, version, architecture].join(' '));
    return { ...known, kind, name, version, ...(source && { source }), purl, id };
  });
  return [...new Map(found.map(one => [one.id, one])).values()];
}

const idOf = (kind: KindName, text: string) => `${kind}-${hexOf(sha256(text)).slice(0, 24)}`;

type Facts = Omit<Component, 'id'>;

function factsOf(
  { section, line }: RecordedInput,
  distribution: Distribution | undefined,
): Facts | undefined {
  if (isPackageSection(section)) {
    const common = commonFacts(line);
    const [name, version] = [String(line['name']), String(line['version'])];
    const source = section === 'apt' ? debianSource(common.url, name, version) : undefined;
    const architecture = textOf(line, 'architecture');
    const named = { kind: section, name, version, architecture, url: common.url, source };
    return { ...common, kind: section, name, version, source, purl: packageUrl(named, distribution) };
  }
  switch (section) {
    case 'image':
      return imageFacts(line);
    case 'git':
      return commitFacts(line);
    case 'file':
      return fileFacts(line);
    case 'archives':
    case 'unlocked':
      return undefined;
  }
}

function commonFacts(line: InputLine) {
  const { size } = line;
  const url = textOf(line, 'url');
  return {
    sha256: textOf(line, 'sha256'),
    url: url !== undefined && URL.canParse(url) ? new URL(url).href : undefined,
    size: typeof size === 'number' ? size : undefined,
  };
}

const textOf = (line: InputLine, column: string): string | undefined => {
  const value = line[column];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/**
 * Archives of Debian's shape keep a package below its source: `pool/main/o/openssl/libssl3_….deb`. A build again of the
 * same source has `+bN` in the version of the package alone (Debian Policy, 5.6.12).
 */
function debianSource(url: string | undefined, name: string, version: string): SourcePackage | undefined {
  const pool = /\/pool\/(?:[^/]+\/){1,2}(?:lib[a-z0-9]|[a-z0-9])\/([a-z0-9][a-z0-9+.-]+)\/[^/]+$/;
  const [, found] = pool.exec(url ?? '') ?? [];
  return otherSource({ name: found ?? name, version: version.replace(/\+b\d+$/, '') }, { name, version });
}

/** A source package that says more than the package itself. */
function otherSource(
  source: SourcePackage | undefined,
  { name, version }: SourcePackage,
): SourcePackage | undefined {
  return source?.name === name && source.version === version ? undefined : source;
}

/** ECMA-427, type `oci`: the name is the last part of the repository, the version the digest. */
function imageFacts(line: InputLine): Facts {
  const reference = String(line['reference']);
  const digest = line['index'] ?? line['manifest'];
  const version = isDigest(digest) ? digest : undefined;
  const [, repository = reference, tag] = /^(.*?)(?::([^:/@]*))?(?:@.*)?$/.exec(reference) ?? [];
  const name = repository.split('/').at(-1) ?? repository;
  const [, architecture] = String(line['platform']).split('/');
  const manifest = textOf(line, 'manifest');
  return {
    kind: 'image',
    name: repository,
    version: tag ?? version,
    sha256: isDigest(manifest) ? hexOf(manifest) : undefined,
    purl: formatPackageUrl({
      type: 'oci',
      name: name.toLowerCase(),
      version,
      qualifiers: { arch: architecture, repository_url: repositoryUrl(repository), tag },
    }),
  };
}

/** Docker's short names are of its own registry. */
function repositoryUrl(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  if (rest.length === 0) return `docker.io/library/${repository}`;
  return /[.:]/.test(first) || first === 'localhost' ? repository : `docker.io/${repository}`;
}

/** Repositories of two services have types of their own; of others the URL is a qualifier. */
function commitFacts(line: InputLine): Facts {
  const { url, size } = commonFacts(line);
  const commit = textOf(line, 'commit');
  const parsed = url === undefined ? undefined : new URL(url);
  const path = (parsed?.pathname ?? '')
    .replace(/(?:\.git)?\/*$/, '')
    .split('/')
    .filter(part => part !== '');
  const name = path.at(-1) ?? 'repository';
  const service = { 'github.com': 'github', 'bitbucket.org': 'bitbucket' }[parsed?.hostname ?? ''];
  const purl =
    service !== undefined && path.length === 2
      ? {
          type: service,
          namespace: [path[0]?.toLowerCase() ?? ''],
          name: name.toLowerCase(),
          version: commit,
        }
      : {
          type: 'generic',
          name,
          version: commit,
          qualifiers: { vcs_url: url && `git+${url}${commit ? `@${commit}` : ''}` },
        };
  return { kind: 'git', name, version: commit, commit, url, size, purl: formatPackageUrl(purl) };
}

/** Answers of another status than 200, and those without content, are no software. */
function fileFacts(line: InputLine): Facts | undefined {
  const { url, sha256: digest, size } = commonFacts(line);
  const whole = line['status'] === undefined && line['method'] === undefined && digest !== undefined;
  if (!whole || url === undefined) return undefined;
  const { pathname, hostname } = new URL(url);
  const name = decoded(pathname.split('/').findLast(part => part !== '') ?? hostname);
  const qualifiers = { checksum: `sha256:${digest}`, download_url: url };
  return {
    kind: 'file',
    name,
    url,
    sha256: digest,
    size,
    purl: formatPackageUrl({ type: 'generic', name, qualifiers }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
