import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { normalName, wheelNamed } from './file-name.ts';
import { isRecord, jsonOf } from './page.ts';
import { normalVersion } from './version.ts';

/** Directories of the Filesystem Hierarchy Standard; any other one of the root is an application's own. */
const standard = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 lost+found media mnt opt proc root run sbin srv sys tmp usr var'.split(
    ' ',
  ),
);

/** Programs that install what they fetched from an index; a distribution's tools write other names, or nothing. */
const installers = /^(?:pip|uv|pdm|poetry)\b/i;

/** What pip and its like installed: the dist-info of PEP 376, and egg-info of what pip had setup.py install. */
export function installedDistributions(root: RootFiles): readonly InstalledPackage[] {
  const prefixes = prefixesOf(root);
  const bundled = new Set(prefixes.flatMap(prefix => bundledWheels(root, prefix)));
  const found = new Map<string, InstalledPackage>();
  for (const directory of prefixes.flatMap(prefix => packageDirectories(root, prefix))) {
    for (const entry of root.directories(directory)) {
      const one = installedAt(root, `${directory}/${entry}`);
      if (one === undefined || bundled.has(`${one.name} ${one.version}`)) continue;
      // lib64 of a virtual environment is a link to its lib.
      const place = one.from.replace('/lib64/', '/lib/');
      if (!found.has(place)) found.set(place, one);
    }
  }
  return [...found.values()];
}

/** Where an interpreter or a virtual environment may lie, as far as that is usual. */
function prefixesOf(root: RootFiles): string[] {
  const own = root.directories('').filter(name => !standard.has(name));
  const below = (directory: string) => root.directories(directory).map(name => `${directory}/${name}`);
  return [
    'usr',
    'usr/local',
    ...['opt', 'srv', 'root', 'usr/src', 'var/www', ...own].flatMap(below),
    ...['home', 'opt', 'srv', 'usr/src'].flatMap(below).flatMap(below),
    ...own,
  ];
}

function packageDirectories(root: RootFiles, prefix: string): string[] {
  return ['lib', 'lib64'].flatMap(lib =>
    interpreters(root, `${prefix}/${lib}`).flatMap(interpreter => [
      `${interpreter}/site-packages`,
      `${interpreter}/dist-packages`,
    ]),
  );
}

function interpreters(root: RootFiles, lib: string): string[] {
  return root
    .directories(lib)
    .filter(name => /^(?:python|pypy)3(?:\.\d+t?)?$/.test(name))
    .map(name => `${lib}/${name}`);
}

/** `ensurepip` and `venv` install pip as pip would, but from wheels that came with the interpreter. */
function bundledWheels(root: RootFiles, prefix: string): string[] {
  const directories = [
    `${prefix}/share/python-wheels`,
    ...['lib', 'lib64'].flatMap(lib =>
      interpreters(root, `${prefix}/${lib}`).map(interpreter => `${interpreter}/ensurepip/_bundled`),
    ),
  ];
  return directories.flatMap(directory =>
    root.list(directory).flatMap(file => {
      const wheel = wheelNamed(file);
      return wheel === undefined ? [] : [`${wheel.name} ${wheel.version}`];
    }),
  );
}

function installedAt(root: RootFiles, path: string): InstalledPackage | undefined {
  if (path.endsWith('.dist-info')) {
    const installer = root.read(`${path}/INSTALLER`)?.toString('utf8').trim() ?? '';
    if (!installers.test(installer) || !fromIndex(root.read(`${path}/direct_url.json`))) return undefined;
    return described(root, `${path}/METADATA`);
  }
  // pip before 23.1 had setup.py install where there was no `wheel`, and asked it for this list.
  const legacy = path.endsWith('.egg-info') && root.read(`${path}/installed-files.txt`) !== undefined;
  return legacy ? described(root, `${path}/PKG-INFO`) : undefined;
}

/** PEP 610: what came from a directory, a repository or an archive that is no wheel is no index's. */
function fromIndex(directUrl: Buffer | undefined): boolean {
  if (directUrl === undefined) return true;
  const document = jsonOf(directUrl);
  if (!isRecord(document) || !('archive_info' in document)) return false;
  return /^https?:.*\.whl$/.test(String(document['url']).replace(/[?#].*$/s, ''));
}

/** Core metadata: fields as in a mail's head; the description, which may hold anything, comes after them. */
function described(root: RootFiles, from: string): InstalledPackage | undefined {
  const head =
    root
      .read(from)
      ?.toString('utf8')
      .split(/\r?\n\r?\n/, 1)[0] ?? '';
  const name = /^name:[ \t]*(\S+)[ \t]*\r?$/im.exec(head)?.[1];
  const version = /^version:[ \t]*(\S+)[ \t]*\r?$/im.exec(head)?.[1];
  if (name === undefined || version === undefined) return undefined;
  return { name: normalName(name), version: normalVersion(version) ?? version, from };
}
