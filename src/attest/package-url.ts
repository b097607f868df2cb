import type { KindName } from '../kinds/index.ts';
import type { Distribution } from './distribution.ts';

/** What a package URL (ECMA-427) says, before it is written. */
interface PackageUrl {
  readonly type: string;
  /** Segments, not encoded. */
  readonly namespace?: readonly string[];
  readonly name: string;
  readonly version?: string | undefined;
  /** Those that are absent or empty are left out, as the specification asks. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
}

/** What a package of a distribution was built from. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
}

export interface PackageName {
  readonly kind: KindName;
  readonly name: string;
  readonly version: string;
  readonly architecture?: string | undefined;
  /** From where it was taken: of CPAN the author stands there alone. */
  readonly url?: string | undefined;
  readonly source?: SourcePackage | undefined;
}

/** ECMA-427, 5.6: all but letters, digits, `.`, `-`, `_`, `~` and `:` is encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}

export function formatPackageUrl({ type, namespace = [], name, version, qualifiers = {} }: PackageUrl) {
  const path = [...namespace.filter(part => part !== ''), name].map(encoded).join('/');
  const pairs = Object.entries(qualifiers)
    .flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key}=${encoded(value)}`]))
    .toSorted();
  return `pkg:${type}/${path}${version ? `@${encoded(version)}` : ''}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

/**
 * The package URL of a package; nothing for kinds that are no packages.
 * @param distribution of packages of the system: their names say nothing without it
 */
export function packageUrl(one: PackageName, distribution: Distribution | undefined): string | undefined {
  const url = partsOf(one, distribution);
  return url && formatPackageUrl(url);
}

function partsOf(one: PackageName, distribution: Distribution | undefined): PackageUrl | undefined {
  const { kind, name, version, architecture } = one;
  const ofSystem = (type: string) => systemPackage(type, one, distribution);
  switch (kind) {
    case 'apt':
      return ofSystem('deb');
    case 'apk':
      return ofSystem('apk');
    case 'rpm':
      return ofSystem('rpm');
    case 'pypi':
      return { type: 'pypi', name: name.toLowerCase().replaceAll('_', '-'), version };
    case 'npm':
      return { type: 'npm', ...split(name.toLowerCase()), version };
    case 'go':
      return { type: 'golang', ...split(name), version };
    case 'cargo':
      return { type: 'cargo', name, version };
    case 'gem':
      return { type: 'gem', name, version, qualifiers: { platform: architecture } };
    case 'composer':
      return { type: 'composer', ...split(name.toLowerCase()), version };
    case 'maven':
      return mavenPackage(one);
    case 'cpan':
      return { type: 'cpan', namespace: [cpanAuthor(one.url) ?? ''], name, version };
    case 'image':
    case 'git':
    case 'file':
      return undefined;
  }
}

function systemPackage(
  type: string,
  { name, version, architecture, source }: PackageName,
  distribution: Distribution | undefined,
): PackageUrl {
  const { id, version: release } = distribution ?? {};
  // Of rpm the epoch is a qualifier, and no part of the version.
  const [, epoch, rest = ''] = (type === 'rpm' ? /^(?:(\d+):)?(.*)$/s : /^()(.*)$/s).exec(version) ?? [];
  return {
    type,
    namespace: id === undefined ? [] : [id],
    name: type === 'deb' || type === 'apk' ? name.toLowerCase() : name,
    version: rest,
    qualifiers: {
      arch: architecture,
      distro: id === undefined || release === undefined ? undefined : `${id}-${release}`,
      epoch: epoch === '0' ? undefined : epoch,
      upstream: source && upstreamOf(source, name, version),
    },
  };
}

/** As scanners read the qualifier: a name, and the version where it is another than the package's. */
function upstreamOf(source: SourcePackage, name: string, version: string): string | undefined {
  if (source.version !== version) return `${source.name}@${source.version}`;
  return source.name === name ? undefined : source.name;
}

/** The lock has coordinates as Maven writes them: `group:artifact[:extension[:classifier]]`. */
function mavenPackage({ name, version }: PackageName): PackageUrl {
  const [group = '', artifact = group, type, classifier] = name.split(':');
  const namespace = artifact === group ? [] : [group];
  return { type: 'maven', namespace, name: artifact, version, qualifiers: { classifier, type } };
}

/** As CPAN lays files out: `authors/id/E/ET/ETHER/Try-Tiny-0.31.tar.gz`. */
function cpanAuthor(url: string | undefined): string | undefined {
  return /\/authors\/id\/[A-Z]\/[A-Z0-9-]{2}\/([A-Z0-9-]+)\//.exec(url ?? '')?.[1];
}

function split(name: string): { namespace: string[]; name: string } {
  const parts = name.split('/');
  return { namespace: parts.slice(0, -1), name: parts.at(-1) ?? '' };
}
