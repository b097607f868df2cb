import { normalVersion } from './version.ts';

export interface Distribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Normalised (PEP 440) where it is a version at all; old sdists have others. */
  readonly version: string;
}

/** PEP 503: `Foo.Bar__baz` and `foo-bar-baz` are one project. */
export function normalName(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase();
}

/** PEP 508. */
export function isProjectName(text: string): boolean {
  return text.length <= 200 && /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9])$/i.test(text);
}

/**
 * PEP 427: `{name}-{version}(-{build})?-{python}-{abi}-{platform}.whl`, where no part has a dash in it. Of so many
 * parts that a file has such a name for no other reason.
 */
export function wheelNamed(file: string): Distribution | undefined {
  if (file.length > 512 || !file.endsWith('.whl')) return undefined;
  const parts = file.slice(0, -'.whl'.length).split('-');
  const [name = '', version = ''] = parts;
  const tags = parts.slice(-3);
  if (parts.length < 5 || parts.length > 6 || !isProjectName(name)) return undefined;
  if (parts.length === 6 && !/^\d\w*$/.test(parts[2] ?? '')) return undefined;
  if (!tags.every(tag => /^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/i.test(tag))) return undefined;
  // Wheels write an underscore where a version has a dash.
  const normal = normalVersion(version.replaceAll('_', '-')) ?? normalVersion(version);
  return normal === undefined ? undefined : { name: normalName(name), version: normal };
}

const sdistEndings = ['.tar.gz', '.zip', '.tar.bz2', '.tgz', '.tar.xz', '.tar.Z', '.tar'];

/**
 * An sdist's version, given whose it is. PEP 625 has one dash in the name, older ones have any number, on either side
 * of the one that divides: only the project's name tells which that is.
 */
export function sdistNamed(file: string, project: string): Distribution | undefined {
  const ending = sdistEndings.find(one => file.endsWith(one));
  if (ending === undefined || file.length > 512) return undefined;
  const stem = file.slice(0, -ending.length);
  const versions: string[] = [];
  for (let dash = stem.indexOf('-'); dash > 0; dash = stem.indexOf('-', dash + 1))
    if (normalName(stem.slice(0, dash)) === project) versions.push(stem.slice(dash + 1));
  const normal = versions.map(normalVersion).find(version => version !== undefined);
  // PyPI has sdists that are older than PEP 440, or never heard of it: `demo-1.0-final.tar.gz`.
  const version = normal ?? versions.find(text => /^v?\d[\w.+-]*$/i.test(text));
  return version === undefined ? undefined : { name: project, version };
}

/** A wheel or an sdist of a known project. */
export function distributionNamed(file: string, project: string): Distribution | undefined {
  const wheel = wheelNamed(file);
  return wheel === undefined ? sdistNamed(file, project) : wheel.name === project ? wheel : undefined;
}

export function isArchiveName(file: string): boolean {
  return file.endsWith('.whl') || sdistEndings.some(ending => file.endsWith(ending));
}
