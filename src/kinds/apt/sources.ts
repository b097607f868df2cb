/** The apt sources of a system: sources.list(5), both formats. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, usageError, type HoldfastError, type SourcePlace } from '../../core/index.ts';
import { compareText } from './candidates.ts';
import { stanzas, words, type Stanza } from './deb822.ts';

/** What `Signed-By` says. Without one, apt trusts every key of its own keyring directories. */
export type SignedBy =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'embedded'; readonly armored: string };

export interface SourceEntry {
  readonly types: readonly ('deb' | 'deb-src')[];
  readonly uris: readonly string[];
  /** A suite ending in a slash is the path of an archive without components. */
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: readonly SignedBy[];
  /** The other options, by lower-case name as the one-line format spells them: `arch`, `trusted`, `by-hash`, … */
  readonly options: ReadonlyMap<string, string>;
  readonly where: SourcePlace;
}

/**
 * The enabled sources of a root directory, in apt's order: sources.list, then sources.list.d by name.
 * @param root the directory that holds `etc`.
 * @throws HoldfastError APT_SOURCES_SYNTAX (exit 2) with file and line
 */
export async function readSources(root: string): Promise<SourceEntry[]> {
  const directory = join(root, 'etc/apt');
  const main = await textOf(join(directory, 'sources.list'));
  const entries = main === undefined ? [] : parseListFile(main, join(directory, 'sources.list'));
  const parts = join(directory, 'sources.list.d');
  for (const name of (await namesIn(parts)).toSorted(compareText)) {
    // apt passes over names with other characters in them, such as those that editors leave behind.
    const ending = /^[A-Za-z0-9_.-]+\.(list|sources)$/.exec(name)?.[1];
    if (ending === undefined) continue;
    const path = join(parts, name);
    const text = (await textOf(path)) ?? '';
    entries.push(...(ending === 'list' ? parseListFile(text, path) : parseSourcesFile(text, path)));
  }
  return entries;
}

/** The one-line format. @throws as readSources */
export function parseListFile(text: string, file: string): SourceEntry[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') return [];
    const where = { file, line: index + 1 };
    const match = /^(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(.+)$/.exec(line);
    const [uri, suite, ...components] = words(match?.[3]);
    if (match === null || uri === undefined || suite === undefined)
      throw syntax(where, 'a line reads "deb [options] URI SUITE COMPONENT…"');
    if (suite.endsWith('/') === components.length > 0)
      throw syntax(where, 'a suite has components, unless it is a path that ends with a slash');
    const options = lineOptions(match[2] ?? '', where);
    const type = match[1] === 'deb' ? 'deb' : 'deb-src';
    return [entry([type], [uri], [suite], components, options, where)];
  });
}

/** The deb822 format. @throws as readSources */
export function parseSourcesFile(text: string, file: string): SourceEntry[] {
  const failure = (line: number, reason: string): HoldfastError => syntax({ file, line }, reason);
  return [...stanzas(text, failure)].flatMap(stanza => {
    const where = { file, line: stanza.line };
    if (/^(no|false|0|off|without|disable)$/i.test(stanza.get('Enabled') ?? 'yes')) return [];
    const types = words(stanza.get('Types')).map(type => {
      if (type === 'deb' || type === 'deb-src') return type;
      throw syntax({ file, line: stanza.lineOf('Types') }, `"${type}" is not a type of source`);
    });
    const [uris, suites] = [words(stanza.get('URIs')), words(stanza.get('Suites'))];
    if (types.length === 0 || uris.length === 0 || suites.length === 0)
      throw syntax(where, 'a source needs Types, URIs and Suites');
    return [entry(types, uris, suites, words(stanza.get('Components')), stanzaOptions(stanza), where)];
  });
}

function entry(
  types: readonly ('deb' | 'deb-src')[],
  uris: readonly string[],
  suites: readonly string[],
  components: readonly string[],
  given: ReadonlyMap<string, string>,
  where: SourcePlace,
): SourceEntry {
  const options = new Map(given);
  const signedBy = parseSignedBy(options.get('signed-by') ?? '');
  options.delete('signed-by');
  return { types, uris, suites, components, signedBy, options, where };
}

function parseSignedBy(value: string): SignedBy[] {
  if (value.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
    // deb822(5): an empty line inside of a value is written as a single dot.
    const lines = value.split('\n').map(line => line.trim());
    return [{ kind: 'embedded', armored: `${lines.map(line => (line === '.' ? '' : line)).join('\n')}\n` }];
  }
  return value
    .split(/[\s,]+/)
    .filter(word => word !== '')
    .map(word =>
      word.startsWith('/') ? { kind: 'file', path: word } : { kind: 'fingerprint', fingerprint: word },
    );
}

function lineOptions(text: string, where: SourcePlace): Map<string, string> {
  const options = new Map<string, string>();
  for (const word of words(text)) {
    const match = /^([a-z-]+)([+-]?)=(.*)$/i.exec(word);
    if (match?.[1] === undefined) throw syntax(where, `"${word}" is not an option; one reads name=value`);
    const [, name, sign, value = ''] = match;
    options.set(`${name.toLowerCase()}${sign}`, value.replace(/^"(.*)"$/, '$1').replaceAll(',', ' '));
  }
  return options;
}

/** deb822 names that the one-line format spells otherwise. */
const spellings: Readonly<Record<string, string>> = {
  architectures: 'arch',
  languages: 'lang',
  targets: 'target',
};

const structural = new Set(['types', 'uris', 'suites', 'components', 'enabled']);

function stanzaOptions(stanza: Stanza): Map<string, string> {
  const options = new Map<string, string>();
  for (const field of stanza.names) {
    const name = field.toLowerCase();
    if (!structural.has(name)) options.set(spellings[name] ?? name, stanza.get(field) ?? '');
  }
  return options;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
}

function syntax(where: SourcePlace, reason: string): HoldfastError {
  return usageError('APT_SOURCES_SYNTAX', reason, { next: 'See sources.list(5).', where });
}
