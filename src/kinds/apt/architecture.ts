import type { Platform } from '../../core/index.ts';

/** Where Debian's names differ from Go's. */
const names: Readonly<Record<string, string>> = { '386': 'i386', arm: 'armhf', ppc64le: 'ppc64el' };

/** Debian's name of a platform's architecture. */
export function debianArchitecture({ architecture }: Pick<Platform, 'architecture'>): string {
  return names[architecture] ?? architecture;
}
