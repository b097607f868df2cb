import { isObject, type JsonObject } from './packument.ts';

/** npm/registry, docs/responses/package-metadata.md: the form that `npm install` asks for; it has no times. */
export const abbreviatedType = 'application/vnd.npm.install-v1+json';

/** Whether a client would have the abbreviated form; a registry that has none then gives the full one. */
export function asksAbbreviated(accept = ''): boolean {
  return accept.includes(abbreviatedType);
}

/**
 * The documented members of a version, and those that registries have added since because an installer needs them
 * before it has the tarball.
 */
const versionMembers = new Set([
  'name',
  'version',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'bundleDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'acceptDependencies',
  'bin',
  'directories',
  'dist',
  'engines',
  'os',
  'cpu',
  'libc',
  'funding',
  'deprecated',
  'hasInstallScript',
  '_hasShrinkwrap',
]);

/** The abbreviated form of a full packument. */
export function abbreviatedPackument(packument: JsonObject): JsonObject {
  const { name, time, versions, 'dist-tags': tags } = packument;
  const modified = isObject(time) ? time['modified'] : undefined;
  const entries = Object.entries(isObject(versions) ? versions : {}).flatMap(([version, manifest]) =>
    isObject(manifest) ? [[version, abbreviatedManifest(manifest)]] : [],
  );
  return { name, 'dist-tags': tags, versions: Object.fromEntries(entries), modified };
}

function abbreviatedManifest(manifest: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([name]) => versionMembers.has(name)));
  // The full form has the scripts themselves and leaves the conclusion to the reader.
  return kept['hasInstallScript'] === undefined && runsOnInstall(manifest)
    ? { ...kept, hasInstallScript: true }
    : kept;
}

function runsOnInstall({ scripts }: JsonObject): boolean {
  return isObject(scripts) && ['preinstall', 'install', 'postinstall'].some(name => Boolean(scripts[name]));
}
