import { createHash } from 'node:crypto';
import type { PackageState } from './history.ts';
import { manifestOf, packageTarball, type NpmPackage } from './package.ts';

/** In what a registry differs from npm's own. */
export interface RegistryShape {
  /** `/download/<name>/<version>/<sha1>`, as a forge has it, in place of `/<name>/-/<basename>-<version>.tgz`. */
  readonly tarballs?: 'download';
  /** It tells no times. */
  readonly timeless?: boolean;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

type StateOf = (name: string) => PackageState | undefined;
type Json = Readonly<Record<string, unknown>>;

const abbreviatedType = 'application/vnd.npm.install-v1+json';

/** What of a manifest an installer needs before it has the tarball. */
const abbreviatedMembers =
  'name version dependencies optionalDependencies devDependencies bundleDependencies peerDependencies bin engines os cpu dist deprecated'.split(
    ' ',
  );

export function answerTo(
  method: string,
  url: URL,
  accept = '',
  shape: RegistryShape,
  stateOf: StateOf,
): RegistryAnswer {
  const path = decodeURIComponent(url.pathname).slice(1);
  if (path.startsWith('-/npm/v1/security/')) return json(method === 'POST' ? 200 : 405, {});
  const tagsOf = /^-\/package\/(.+)\/dist-tags$/.exec(path)?.[1];
  if (tagsOf !== undefined) {
    const state = stateOf(tagsOf);
    return state ? json(200, state.tags) : notFound();
  }
  const [, name = '', rest = ''] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  const found = tarballAnswer(path, stateOf);
  if (found !== undefined) return found;
  const state = stateOf(name);
  if (state === undefined) return notFound();
  const packument = packumentOf(name, state, url.origin, shape);
  if (rest === '') return packumentAnswer(packument, accept.includes(abbreviatedType));
  const manifest = packument.versions?.[state.tags[rest] ?? rest];
  return manifest ? json(200, manifest) : json(404, `version not found: ${rest}`);
}

export function entityTag(body: Buffer): string {
  return `"${createHash('sha1').update(body).digest('hex')}"`;
}

interface Packument {
  readonly name: string;
  readonly versions?: Readonly<Record<string, Json>>;
  readonly 'dist-tags'?: Json;
  readonly time?: Json;
}

function packumentOf(name: string, state: PackageState, origin: string, shape: RegistryShape): Packument {
  const { packages, tags, time, unpublished } = state;
  // What is known of it besides: package-metadata.md says nothing of packages that are gone.
  if (unpublished !== undefined) return { name, time: { ...time, unpublished: { name, time: unpublished } } };
  const versions = packages.map(one => {
    const bytes = packageTarball(one);
    return [one.version, manifestOf(one, `${origin}/${tarballPath(one, bytes, shape)}`, bytes)] as const;
  });
  const common = { name, 'dist-tags': tags, versions: Object.fromEntries(versions) };
  return shape.timeless === true ? common : { ...common, time };
}

function packumentAnswer(packument: Packument, abbreviated: boolean): RegistryAnswer {
  if (!abbreviated || packument.versions === undefined) return json(200, packument);
  const { name, 'dist-tags': tags, time } = packument;
  const versions = Object.fromEntries(
    Object.entries(packument.versions).map(([version, manifest]) => [
      version,
      Object.fromEntries(Object.entries(manifest).filter(([member]) => abbreviatedMembers.includes(member))),
    ]),
  );
  const modified = time?.['modified'];
  return json(200, { name, 'dist-tags': tags, versions, modified }, abbreviatedType);
}

function tarballPath(one: NpmPackage, bytes: Buffer, { tarballs }: RegistryShape): string {
  if (tarballs === undefined) return `${one.name}/-/${baseName(one.name)}-${one.version}.tgz`;
  return `download/${one.name}/${one.version}/${createHash('sha1').update(bytes).digest('hex')}`;
}

function tarballAnswer(path: string, stateOf: StateOf): RegistryAnswer | undefined {
  const named =
    /^(?<name>.+)\/-\/(?<file>[^/]+\.tgz)$/.exec(path) ??
    /^download\/(?<name>.+)\/(?<version>[^/]+)\/[0-9a-f]{40}$/.exec(path);
  if (named === null) return undefined;
  const { name = '', version, file } = named.groups ?? {};
  const one = stateOf(name)?.packages.find(
    candidate => candidate.version === version || file === `${baseName(name)}-${candidate.version}.tgz`,
  );
  if (one === undefined) return notFound();
  return { status: 200, type: 'application/octet-stream', body: packageTarball(one) };
}

function notFound(): RegistryAnswer {
  return json(404, { error: 'Not found' });
}

function json(status: number, value: object | string, type = 'application/json'): RegistryAnswer {
  return { status, type, body: Buffer.from(JSON.stringify(value)) };
}

const baseName = (name: string) => name.slice(name.lastIndexOf('/') + 1);
