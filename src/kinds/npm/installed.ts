import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { bundledNames } from './bundled.ts';
import { isObject, readObject, type JsonObject } from './packument.ts';
import { nodeModulesDirectories } from './project-directories.ts';

/** Packages that are looked at; a root that has more is told of in part. */
const countLimit = 100_000;
/** Levels of node_modules in node_modules. */
const depthLimit = 12;

interface Place {
  /** A node_modules directory. */
  readonly directory: string;
  readonly depth: number;
  /** The packages that are looked at there. */
  readonly names: readonly string[];
}

/**
 * The packages of all node_modules directories in the usual places, each version once: npm's and yarn's layout, and
 * pnpm's with its store in `.pnpm`. What a package bundles is part of it, and what is known to be of no registry (a
 * workspace, a path, a git repository) is left out. Yarn's zip archives are not looked into.
 */
export function installedPackages(root: RootFiles): readonly InstalledPackage[] {
  const packages = nodeModulesDirectories(root).flatMap(directory => [...packagesIn(root, directory)]);
  const byVersion = new Map<string, InstalledPackage>();
  for (const one of packages) {
    const key = `${one.name}@${one.version}`;
    if (!byVersion.has(key)) byVersion.set(key, one);
  }
  return [...byVersion.values()];
}

function* packagesIn(root: RootFiles, top: string): Generator<InstalledPackage> {
  const unregistered = unregisteredIn(root, top);
  const queue = placesAt(root, top, 0);
  let count = 0;
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    const { directory, depth, names } = place;
    for (const name of names) {
      if (count++ >= countLimit) return;
      const path = `${directory}/${name}`;
      const manifest = manifestAt(root, path);
      if (manifest === undefined) continue;
      const one = installedPackage(manifest, `${path}/package.json`);
      if (one !== undefined && !unregistered.has(path)) yield one;
      if (depth === depthLimit) continue;
      const own = `${path}/node_modules`;
      const brought = bundledNames(manifest, dependency => manifestAt(root, `${own}/${dependency}`));
      for (const inner of placesAt(root, own, depth + 1))
        queue.push({ ...inner, names: inner.names.filter(one => !brought.has(one)) });
    }
  }
}

/** A node_modules directory, or where pnpm has made it the directories of its store: all else there are links to these. */
function placesAt(root: RootFiles, directory: string, depth: number): Place[] {
  const entries = root.directories(directory);
  const store = entries.includes('.pnpm') ? storePlaces(root, `${directory}/.pnpm`, depth) : [];
  if (store.length > 0) return store;
  const names = entries
    .filter(name => !name.startsWith('.'))
    .flatMap(name =>
      name.startsWith('@')
        ? root.directories(`${directory}/${name}`).map(inner => `${name}/${inner}`)
        : [name],
    );
  return [{ directory, depth, names }];
}

/** `<name>@<version>_<peers>/node_modules`, with `+` for a slash; what is of no registry has a path or URL for version. */
function storePlaces(root: RootFiles, store: string, depth: number): Place[] {
  return root.directories(store).flatMap(entry => {
    const name = /^(@?[^@]+)@\d/.exec(entry)?.[1]?.replace('+', '/');
    return name === undefined ? [] : [{ directory: `${store}/${entry}/node_modules`, depth, names: [name] }];
  });
}

function installedPackage(manifest: JsonObject, from: string): InstalledPackage | undefined {
  const { name, version } = manifest;
  // npm publishes nothing that says so: it is a workspace.
  if (manifest['private'] === true) return undefined;
  if (typeof name !== 'string' || typeof version !== 'string' || name === '' || version === '')
    return undefined;
  // As a registry writes it: it takes `v1.2.3` and build metadata, and keeps neither.
  return {
    name,
    version: version
      .trim()
      .replace(/^[v=\s]+/, '')
      .replace(/\+.*$/s, ''),
    from,
  };
}

function manifestAt(root: RootFiles, path: string): JsonObject | undefined {
  const bytes = root.read(`${path}/package.json`);
  return bytes && readObject(bytes);
}

/** npm's hidden lockfile (npm, package-lock.json, "Hidden Lockfiles"): paths of links, bundles, and what is from elsewhere. */
function unregisteredIn(root: RootFiles, directory: string): ReadonlySet<string> {
  const bytes = root.read(`${directory}/.package-lock.json`);
  const packages = bytes && readObject(bytes)?.['packages'];
  const base = directory.slice(0, -'node_modules'.length);
  return new Set(
    Object.entries(isObject(packages) ? packages : {}).flatMap(([path, entry]) =>
      isObject(entry) && isUnregistered(entry) ? [`${base}${path}`] : [],
    ),
  );
}

function isUnregistered({ link, inBundle, resolved }: JsonObject): boolean {
  return link === true || inBundle === true || (typeof resolved === 'string' && !/^https?:/.test(resolved));
}
