import type { KindName } from '../kinds/index.ts';

/** Package URL types (purl-spec, PURL-TYPES) of the kinds that have one. */
const types: Partial<Record<KindName, string>> = {
  apt: 'deb',
  apk: 'apk',
  rpm: 'rpm',
  pypi: 'pypi',
  npm: 'npm',
  go: 'golang',
  cargo: 'cargo',
  gem: 'gem',
  composer: 'composer',
  maven: 'maven',
  cpan: 'cpan',
};

/** Of these the name says nothing without the distribution that has it. */
const distributionKinds = new Set<KindName>(['apt', 'apk', 'rpm']);

export interface PackageName {
  readonly kind: KindName;
  readonly name: string;
  readonly version: string;
  readonly architecture?: string | undefined;
}

/**
 * The package URL of a package (ECMA-427).
 * @param distribution ID of os-release(5), for packages of the system
 */
export function packageUrl(
  { kind, name, version, architecture }: PackageName,
  distribution: string | undefined,
): string | undefined {
  const type = types[kind];
  if (type === undefined) return undefined;
  const space = distributionKinds.has(kind) && distribution !== undefined ? `${encoded(distribution)}/` : '';
  // Maven writes group:artifact; the others separate name spaces by slashes already.
  const path = (kind === 'maven' ? name.replace(':', '/') : name).split('/').map(encoded).join('/');
  const qualifiers =
    architecture === undefined || architecture === '' ? '' : `?arch=${encoded(architecture)}`;
  return `pkg:${type}/${space}${path}@${encoded(version)}${qualifiers}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}
