import { isObject, type JsonObject } from './packument.ts';

/** A package's manifest by name; nothing where the directory that is meant does not have it. */
export type ManifestIn = (name: string) => JsonObject | undefined;

/**
 * The names in a package's own node_modules that its tarball brought along: those that `bundleDependencies` names,
 * and what these need in turn. No registry was asked for them.
 */
export function bundledNames(manifest: JsonObject, own: ManifestIn): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = listed(manifest);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const bundled = found.has(name) ? undefined : own(name);
    if (bundled === undefined) continue;
    found.add(name);
    queue.push(...dependencyNames(bundled));
  }
  return found;
}

function listed(manifest: JsonObject): string[] {
  // The second name is the older one; `true` stands for all.
  const value = manifest['bundleDependencies'] ?? manifest['bundledDependencies'];
  if (value === true) return namesIn(manifest['dependencies']);
  return Array.isArray(value) ? value.filter(name => typeof name === 'string') : [];
}

function dependencyNames(manifest: JsonObject): string[] {
  return ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap(kind =>
    namesIn(manifest[kind]),
  );
}

function namesIn(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : [];
}
