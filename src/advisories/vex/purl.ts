import type { KindName } from '../../kinds/index.ts';
import { plainName } from '../plain-name.ts';
import type { Subject } from '../subject.ts';

/** A package URL (ECMA-427), as far as it says which package is meant. */
export interface PackageUrl {
  readonly type: string;
  /** Name space and name, decoded. */
  readonly path: readonly string[];
  readonly version: string | undefined;
}

/** Nothing where the text is none. */
export function packageUrl(text: string): PackageUrl | undefined {
  const [, type, path, version] = /^pkg:\/*([A-Za-z][\w.+-]*)\/([^@?#]+)(?:@([^?#]*))?/.exec(text) ?? [];
  if (type === undefined || path === undefined) return undefined;
  try {
    return {
      type: type.toLowerCase(),
      path: path.split('/').filter(Boolean).map(decodeURIComponent),
      version: version === undefined || version === '' ? undefined : decodeURIComponent(version),
    };
  } catch {
    return undefined;
  }
}

const kindOfType: Readonly<Record<string, KindName>> = {
  deb: 'apt',
  apk: 'apk',
  rpm: 'rpm',
  pypi: 'pypi',
  npm: 'npm',
  golang: 'go',
  cargo: 'cargo',
  gem: 'gem',
  composer: 'composer',
  maven: 'maven',
};

/** Of a distribution's package, the binary or what it was built from. Without a version, all of them are meant. */
export function matchesSubject({ type, path, version }: PackageUrl, subject: Subject): boolean {
  const { kind, name, source } = subject;
  if (kindOfType[type] !== kind) return false;
  // The name space of a distribution's packages is the distribution.
  const system = ['apt', 'apk', 'rpm'].includes(kind);
  const meant = system ? path.at(-1) : path.join(kind === 'maven' ? ':' : '/');
  const binary = meant === plain(kind, name) && [undefined, subject.version].includes(version);
  return (
    binary || (source !== undefined && meant === source.name && [undefined, source.version].includes(version))
  );
}

function plain(kind: KindName, name: string): string {
  if (kind === 'maven') return name.split(':').slice(0, 2).join(':');
  return kind === 'pypi' ? plainName(name) : name;
}
