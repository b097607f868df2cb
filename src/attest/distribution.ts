import type { InputLine, Lock } from '../lock/index.ts';

/** A distribution as os-release(5) names it: `debian` and `12`. */
export interface Distribution {
  readonly id: string;
  readonly version?: string | undefined;
}

/** Archives name their releases, scanners number them. A name that is not here stands for itself. */
const releases: Readonly<Record<string, Distribution>> = {
  buster: { id: 'debian', version: '10' },
  bullseye: { id: 'debian', version: '11' },
  bookworm: { id: 'debian', version: '12' },
  trixie: { id: 'debian', version: '13' },
  forky: { id: 'debian', version: '14' },
  bionic: { id: 'ubuntu', version: '18.04' },
  focal: { id: 'ubuntu', version: '20.04' },
  jammy: { id: 'ubuntu', version: '22.04' },
  noble: { id: 'ubuntu', version: '24.04' },
  questing: { id: 'ubuntu', version: '25.10' },
  resolute: { id: 'ubuntu', version: '26.04' },
};

/**
 * The distribution that a lock's system packages are of, as far as the lock alone tells: by the suites of its
 * archives, else by the names of its base images and the tags of its packages. The same lock gives the same answer
 * on every machine, whatever the store there holds.
 */
export function lockedDistribution(inputs: Lock['inputs']): Distribution | undefined {
  for (const line of inputs.archives) {
    const found = ofArchive(line);
    if (found !== undefined) return found;
  }
  for (const { version } of inputs.rpm) {
    const [, release] = /\.fc(\d+)/.exec(String(version)) ?? [];
    if (release !== undefined) return { id: 'fedora', version: release };
  }
  for (const { reference } of inputs.image) {
    const found = ofReference(String(reference));
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofArchive({ kind, url, suite }: InputLine): Distribution | undefined {
  if (kind === 'apk') {
    const [, version] = /\bv(\d+\.\d+)\b/.exec(`${String(url)} ${String(suite)}`) ?? [];
    return { id: 'alpine', version };
  }
  if (kind !== 'apt') return undefined;
  const [name = ''] = String(suite).split(/[-/]/);
  return Object.hasOwn(releases, name) ? releases[name] : undefined;
}

const families: Readonly<Record<string, string>> = {
  debian: 'debian',
  ubuntu: 'ubuntu',
  alpine: 'alpine',
  fedora: 'fedora',
  rockylinux: 'rocky',
  almalinux: 'almalinux',
  centos: 'centos',
  oraclelinux: 'ol',
  amazonlinux: 'amzn',
  leap: 'opensuse-leap',
};

function ofReference(reference: string): Distribution | undefined {
  const [, name = '', tag = ''] = /([^/:@]+)(?::([^@]*))?(?:@.*)?$/.exec(reference) ?? [];
  if (!Object.hasOwn(families, name)) return undefined;
  const [codename = ''] = tag.split('-');
  if (Object.hasOwn(releases, codename)) return releases[codename];
  return { id: families[name] ?? name, version: /^\d+(?:\.\d+)?/.exec(tag)?.[0] };
}
