/** What a binary package says of its changes (Debian Policy 12.7), and its maintainer scripts (Policy 6). */

import { readTar } from '../../image/index.ts';
import { changelogSections, longestChangelog } from '../changelog.ts';
import { tarFiles } from '../packed-files.ts';
import type { PackageTexts } from '../package-texts.ts';
import { readDeb } from './deb.ts';
import { compressionOf, decompressed } from './decompress.ts';

const scriptNames: ReadonlySet<string> = new Set([
  'preinst',
  'postinst',
  'prerm',
  'postrm',
  'config',
  'triggers',
]);

/** @param url what to call it in an error. @throws HoldfastError as readDeb */
export async function debTexts(bytes: Buffer, url: string): Promise<PackageTexts> {
  const { control, controlTar, dataTar } = await readDeb(bytes, url);
  const scripts = await tarFiles(controlTar, name => scriptNames.has(name));
  const name = control.get('Package') ?? '';
  const { texts, elsewhere } = await changelogsIn(dataTar, name);
  return {
    // What a rebuild alone says comes first: it is newer.
    changelog: texts.flatMap(text => changelogSections(text, isEntry)),
    ...(texts.length === 0 && elsewhere !== undefined && { changelogIn: elsewhere }),
    scripts: Object.fromEntries([...scripts].map(([script, text]) => [script, text.toString('utf8')])),
  };
}

/** deb-changelog(5): `package (version) distributions; metadata`. */
function isEntry(line: string): boolean {
  return /^\S+ \([^()\s]+\)(?: [^;\s]+)+;/.test(line);
}

interface Changelogs {
  readonly texts: readonly string[];
  /** The package whose documentation is this one's as well (Policy 12.3). */
  readonly elsewhere?: string | undefined;
}

async function changelogsIn(data: AsyncIterable<Uint8Array>, name: string): Promise<Changelogs> {
  const folder = `usr/share/doc/${name}`;
  const found = new Map<string, string>();
  let elsewhere: string | undefined;
  for await (const { type, path, target, body } of readTar(data)) {
    const place = path.toString('utf8').replace(/^\.?\//, '');
    const isLog = place.startsWith(`${folder}/changelog`);
    if (type === 'symlink' && (place === folder || isLog))
      elsewhere = packageOf(place, target.toString('utf8'));
    if (type === 'file' && isLog) found.set(place.slice(folder.length + 1), await startOf(body, place));
  }
  const names = [...found.keys()].toSorted();
  const rebuilt = names.filter(
    file => /^changelog\.Debian\.[a-z0-9-]+\.gz$/.test(file) && file !== 'changelog.Debian.gz',
  );
  // A package that is Debian's own has no other changelog than this.
  const own =
    names.find(file => /^changelog\.Debian(\.gz)?$/.test(file)) ??
    names.find(file => /^changelog(\.gz)?$/.test(file));
  const texts = [...rebuilt, ...(own === undefined ? [] : [own])].map(file => found.get(file) ?? '');
  return { texts, elsewhere };
}

/** Whose documentation a link leads to; nothing where it stays in its own. */
function packageOf(place: string, target: string): string | undefined {
  const own = place.split('/')[3] ?? '';
  const parts = (target.startsWith('/') ? target : `/${place}/../${target}`).split('/');
  const path: string[] = [];
  for (const part of parts)
    if (part === '..') path.pop();
    else if (part !== '' && part !== '.') path.push(part);
  const [usr, share, doc, name] = path;
  const isDocumentation = usr === 'usr' && share === 'share' && doc === 'doc';
  return isDocumentation && name !== own && /^[a-z0-9][a-z0-9+.-]+$/.test(name ?? '') ? name : undefined;
}

/** As much as is kept of it; what does not decompress is no text. */
async function startOf(body: AsyncIterable<Buffer>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of decompressed(body, compressionOf(name) ?? 'none')) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= longestChangelog) break;
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}
