/**
 * A suite of Holdfast's own beside an archive's: it holds the packages that an update moved alone, as the archive's new,
 * signed index has them, while all else comes from the index that the lock holds. It is an answer like any other in
 * the recording; the source and the preferences that make apt ask for it follow from it, and are laid under each step.
 */

import { sha256, hexOf } from '../../core/index.ts';
import type { StepFile } from '../kind.ts';
import { percentDecoded } from './archive-urls.ts';
import { parsePackages, type PackageRecord } from './packages.ts';

const suite = 'holdfast-moved';
export { suite as movedSuite };

/** A file of the suite: its URL, and what is answered; nothing where the archive has no such file. */
export interface SuiteFile {
  readonly url: string;
  readonly content?: string | undefined;
}

export interface MovedSuite {
  /** The archive's base URL, with a final slash. */
  readonly uri: string;
  readonly architecture: string;
  /** Of the archive's own newest index. */
  readonly date: Date;
  readonly packages: readonly PackageRecord[];
}

/** All that apt asks for of the suite. */
export function movedSuiteFiles({ uri, architecture, date, packages }: MovedSuite): SuiteFile[] {
  const directory = `${uri}dists/${suite}/`;
  const path = indexPath(architecture);
  const index = packages.map(({ stanza }) => `${stanza.trimEnd()}\n`).join('\n');
  const digest = hexOf(sha256(index));
  const release = [
    'Origin: Holdfast',
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    `Date: ${date.toUTCString().replace('GMT', 'UTC')}`,
    `Architectures: ${architecture}`,
    'Components: main',
    'SHA256:',
    ` ${digest} ${Buffer.byteLength(index)} ${path}`,
    '',
  ].join('\n');
  return [
    // Holdfast checked the archive's signature; it has no key for one of its own.
    { url: `${directory}InRelease` },
    { url: `${directory}Release`, content: release },
    { url: `${directory}Release.gpg` },
    { url: directory + path, content: index },
  ];
}

const indexPath = (architecture: string) => `main/binary-${architecture}/Packages`;

/** The parts of a URL of such a suite's file. */
function movedPlace(url: string): { uri: string; path: string; architecture?: string } | undefined {
  const match =
    /^(https?:\/\/[^?#\s]+\/)dists\/holdfast-moved\/(Release|main\/binary-([a-z0-9-]+)\/Packages)$/.exec(url);
  const [, uri, path, architecture] = match ?? [];
  if (uri === undefined || path === undefined) return undefined;
  return { uri, path, ...(architecture !== undefined && { architecture }) };
}

/** Whether the URL is of a file that such a suite is known by. */
export function isMovedSuite(url: string): boolean {
  return movedPlace(url) !== undefined;
}

/** What a step's apt is given so that it asks for the suites that a recording has. */
export function movedSuiteClient(answers: readonly { url: string; body: Buffer }[]): StepFile[] {
  const sources: string[] = [];
  const pins: string[] = [];
  const lists: StepFile[] = [];
  for (const { url, body } of answers) {
    const place = movedPlace(url);
    if (place === undefined) continue;
    // A step may install by what an earlier step's `apt-get update` left.
    lists.push({ path: `/var/lib/apt/lists/${listName(url)}`, content: body.toString('utf8') });
    if (place.architecture === undefined) continue;
    sources.push(
      `Types: deb\nURIs: ${place.uri}\nSuites: ${suite}\nComponents: main\nArchitectures: ${place.architecture}\nTrusted: yes\n`,
    );
    // Before all that is not installed; a newer one that a base image brings is not taken back (apt_preferences(5)).
    for (const { name, version } of parsePackages(body, url))
      pins.push(`Package: ${name}\nPin: version ${version}\nPin-Priority: 999\n`);
  }
  if (sources.length === 0) return [];
  return [
    { path: '/etc/apt/sources.list.d/holdfast-moved.sources', content: sources.join('\n') },
    { path: '/etc/apt/preferences.d/holdfast-moved.pref', content: pins.join('\n') },
    ...lists,
  ];
}

/** As apt names the file in which it keeps an index: URItoFileName. */
function listName(url: string): string {
  const plain = percentDecoded(url).replace(/^https?:\/\//, '');
  return plain.replaceAll(/[\\|{}[\]<>"^~_=!@#$%&*]/g, quoted).replaceAll('/', '_');
}

const quoted = (character: string) => `%${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
