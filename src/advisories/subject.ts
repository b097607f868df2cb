import type { KindName } from '../kinds/index.ts';
import { plainName } from './plain-name.ts';

/** A system's distribution, by os-release(5). */
export interface Distribution {
  /** `debian`, `ubuntu`, `alpine`, `rocky` … */
  readonly id: string;
  /** `12`, `22.04`, `3.19.1`; Debian's unstable has none. */
  readonly version?: string | undefined;
  readonly codename?: string | undefined;
  /** A release of Ubuntu with long support is another ecosystem to OSV. */
  readonly longTerm?: boolean;
}

/** A package at a version, as advisories name it. */
export interface Subject {
  readonly kind: KindName;
  /** As the lock names it: of a distribution, the binary package. */
  readonly name: string;
  readonly version: string;
  /** Of a distribution's package: what it was built from, which is what advisories are about. */
  readonly source?: { readonly name: string; readonly version: string } | undefined;
  readonly distribution?: Distribution | undefined;
}

/** What the lock's name and version are in the words of an advisory. */
export interface Named {
  /** As the OSV schema spells it: `PyPI`, `Debian:12`. */
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
}

const languages: Readonly<Partial<Record<KindName, string>>> = {
  pypi: 'PyPI',
  npm: 'npm',
  go: 'Go',
  cargo: 'crates.io',
  gem: 'RubyGems',
  composer: 'Packagist',
  maven: 'Maven',
};

/** Nothing where no database has advisories on such a thing. */
export function namedIn(subject: Subject): Named | undefined {
  const ecosystem = ecosystemOf(subject);
  return ecosystem === undefined ? undefined : { ecosystem, ...nameAndVersion(subject) };
}

/** In Debian's family and Alpine's, advisories are about what packages were built from. */
function nameAndVersion({ kind, name, version, source }: Subject): Pick<Named, 'name' | 'version'> {
  switch (kind) {
    case 'apt':
      return sourceOf(name, version, source);
    case 'apk':
      return { name: source?.name ?? name, version };
    case 'pypi':
      return { name: plainName(name), version };
    case 'composer':
      return { name: name.toLowerCase(), version: version.replace(/^v(?=\d)/, '') };
    case 'maven':
      return { name: name.split(':').slice(0, 2).join(':'), version };
    case 'go':
      return goName(name, version);
    case 'npm':
    case 'cargo':
    case 'gem':
    case 'rpm':
    case 'cpan':
    case 'git':
    case 'file':
    case 'image':
      return { name, version };
  }
}

/** A rebuild for one architecture (`+b1`) has the source's own version in its `Source`, or not even that. */
function sourceOf(name: string, version: string, source: Subject['source']): Pick<Named, 'name' | 'version'> {
  return { name: source?.name ?? name, version: (source?.version ?? version).replace(/\+b\d+$/, '') };
}

/** The toolchain is a module too, whose advisories are about the standard library. */
function goName(name: string, version: string): Pick<Named, 'name' | 'version'> {
  const toolchain = /^v?[\d.]+-go(\d+\.\d+(?:\.\d+)?(?:rc\d+)?)\./.exec(version)?.[1];
  return name === 'golang.org/toolchain' && toolchain !== undefined
    ? { name: 'stdlib', version: toolchain }
    : { name, version: version.replace(/^v/, '') };
}

function ecosystemOf({ kind, distribution }: Subject): string | undefined {
  const language = languages[kind];
  if (language !== undefined || distribution === undefined) return language;
  const { id, version, longTerm } = distribution;
  const major = version?.split('.')[0];
  switch (id) {
    case 'debian':
      return version === undefined ? undefined : `Debian:${version}`;
    case 'ubuntu':
      return version === undefined ? undefined : `Ubuntu:${version}${longTerm === true ? ':LTS' : ''}`;
    case 'alpine':
      return version === undefined ? undefined : `Alpine:v${version.split('.').slice(0, 2).join('.')}`;
    case 'rocky':
      return major === undefined ? undefined : `Rocky Linux:${major}`;
    case 'almalinux':
      return major === undefined ? undefined : `AlmaLinux:${major}`;
    case 'wolfi':
      return 'Wolfi';
    case 'chainguard':
      return 'Chainguard';
    default:
      return undefined;
  }
}

/** Reads os-release(5): NAME=value, quoted as a shell would. */
export function distributionFrom(osRelease: string): Distribution | undefined {
  const value = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\\n]*)["']?\\s*$`, 'm').exec(osRelease)?.[1] || undefined;
  const id = value('ID')?.toLowerCase();
  if (id === undefined) return undefined;
  const longTerm = value('VERSION')?.includes('LTS') === true;
  return {
    id,
    version: value('VERSION_ID'),
    codename: value('VERSION_CODENAME') ?? value('DEBIAN_CODENAME'),
    ...(longTerm && { longTerm }),
  };
}
