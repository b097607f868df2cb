import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { isObject, jsonObject } from '../../core/index.ts';
import { packageName } from './metadata-url.ts';

/** Where images keep projects; below the latter, one a directory. */
const projects = ['app', 'root', 'srv', 'opt', 'var/www'];
const parents = ['srv', 'opt', 'var/www'];

/** What composer has unpacked from archives, by its own account; what it took from git or a path is of other kinds. */
export function installedPackages(root: RootFiles): readonly InstalledPackage[] {
  const below = parents.flatMap(parent => root.directories(parent).map(name => `${parent}/${name}`));
  return [...projects, ...below].flatMap(project => {
    const from = `${project}/vendor/composer/installed.json`;
    const json = root.read(from);
    return json === undefined ? [] : listed(json, from);
  });
}

/** Of composer 2 an object with a list, of composer 1 the list itself. */
function listed(json: Buffer, from: string): InstalledPackage[] {
  const text = json.toString().trimStart();
  const document = jsonObject(text.startsWith('[') ? Buffer.from(`{"packages":${text}}`) : json);
  const packages: unknown = document?.['packages'];
  if (!Array.isArray(packages)) return [];
  return packages.filter(isObject).flatMap(({ name, version, dist, 'installation-source': source }) => {
    if (typeof name !== 'string' || typeof version !== 'string' || !packageName.test(name)) return [];
    if (source !== 'dist' || !isObject(dist) || dist['type'] === 'path') return [];
    return [{ name, version, from }];
  });
}
