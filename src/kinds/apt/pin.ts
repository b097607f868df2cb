import type { ExactForm } from '../requests/exact-form.ts';
import { archiveAtPath, archiveOfRelease, snapshotServices, snapshotUrl } from './snapshots.ts';
import { ifSound } from '../../core/index.ts';
import { parseRelease } from './release.ts';
import { unverifiedText } from './signature.ts';

/** `name[:architecture]=version` */
export const aptExact: ExactForm = {
  isOf({ name, argument }, one) {
    const [, architecture] = /^[^=/:]+:([a-z0-9]+)/.exec(argument.text) ?? [];
    return one.name === name && (architecture === undefined || architecture === one.architecture);
  },
  exact({ argument }, { version }, { invocation }) {
    const [, base] = /^([^=/]+)/.exec(argument.text) ?? [];
    const isSource = invocation.args.some(({ text }) => text === 'source' || text === 'build-dep');
    return base === undefined || isSource ? undefined : `${base}=${version}`;
  },
};

/** What is known of an archive that a step read. */
export interface ReadArchive {
  /** Base URL, with a final slash. */
  readonly url: string;
  /** Its InRelease or Release, where there is a copy. */
  readonly release?: Buffer | undefined;
}

/**
 * Base URL of the archive as it was on a date, with a final slash; nothing where nobody keeps its past. What the signed
 * index says of itself counts, and the address only where there is none.
 * @param services in place of the public ones
 */
export function datedArchive(
  { url, release }: ReadArchive,
  date: Date,
  services: Readonly<Partial<Record<string, string>>> = {},
): string | undefined {
  const name = release === undefined ? archiveAtPath(url) : archiveNamed(release, url);
  if (name === undefined) return undefined;
  const own = services[name];
  const base = own ?? snapshotServices[name];
  if (base === undefined) return undefined;
  // apt checks signatures either way, and slim images have no certificates to speak TLS with.
  const plain = own === undefined && url.startsWith('http:') ? base.replace(/^https:/, 'http:') : base;
  const dated = snapshotUrl(plain, date, '');
  return isPlain(url) && isPlain(dated) ? dated : undefined;
}

/** Whether a URL can stand in the command below as it is. */
function isPlain(url: string): boolean {
  return /^https?:\/\/[\w.:~%+/-]+\/$/.test(url);
}

/** Whether the URL is of an archive on one date. */
export function isDatedArchive(url: string): boolean {
  return /\/\d{8}T\d{6}Z(\/|$)/.test(url);
}

function archiveNamed(release: Buffer, url: string) {
  return ifSound(() => archiveOfRelease(parseRelease(unverifiedText(release), url)));
}

/**
 * Shell commands, each for when those before it succeed, that have apt's sources name archives of a date.
 * @param dated base URLs as they are and as they shall be, with final slashes
 * @param checked those of the latter that must stand there afterwards, or one of the commands fails
 */
export function datedSourcesCommands(
  dated: readonly (readonly [from: string, to: string])[],
  checked: readonly string[],
): string[] {
  const replacements = dated.map(([from, to]) => `s#${pattern(from)}/?(\\s|$)#${to}\\1#g`).join(';');
  const files = '/etc/apt/sources.list*';
  const checks = checked.map(to => `grep -rqF ${to} ${files}`);
  return [`find ${files} -type f -exec sed -Ei '${replacements}' {} +`, ...checks];
}

/** An extended regular expression for a base URL without its final slash. */
function pattern(url: string): string {
  return url.replace(/\/+$/, '').replaceAll(/[.+*?()[\]{}|^$\\]/g, String.raw`\$&`);
}
