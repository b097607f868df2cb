import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../tar.ts';

/** A package as its author writes it; `files` are beside package.json. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Further members of package.json: `bin`, `scripts`, `optionalDependencies`, … */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  /** RFC 3339: when it was published. */
  readonly time?: string;
  /** As of `npm publish --tag`; `latest` unless it is given. */
  readonly tag?: string;
}

/** What a registry says of one version in the full form. */
export function manifestOf(
  one: NpmPackage,
  tarball: string,
  bytes: Buffer,
): Readonly<Record<string, unknown>> {
  return {
    ...packageJson(one),
    _id: `${one.name}@${one.version}`,
    dist: {
      tarball,
      shasum: createHash('sha1').update(bytes).digest('hex'),
      integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    },
  };
}

/** The same bytes at each call. */
export function packageTarball(one: NpmPackage): Buffer {
  const text = JSON.stringify(packageJson(one), undefined, 2);
  const entries = Object.entries({ 'package.json': text, ...one.files });
  return gzipSync(
    tarOf(entries.map(([path, content]) => ({ path: `package/${path}`, content: Buffer.from(content) }))),
  );
}

function packageJson({ name, version, dependencies, manifest }: NpmPackage) {
  return { name, version, main: 'index.js', dependencies, ...manifest };
}
