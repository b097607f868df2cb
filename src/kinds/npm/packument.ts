/** A JSON object from outside: whatever is asked of it may be of another type than it should be. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A package's document (npm/registry, docs/responses/package-metadata.md), as far as it was looked at. */
export interface Packument {
  readonly document: JsonObject;
  readonly name: string;
  /** By version; none where all were unpublished. */
  readonly versions: ReadonlyMap<string, JsonObject>;
  readonly tags: ReadonlyMap<string, string>;
  /** Of versions, `created`, `modified`; undefined where the registry tells no times. */
  readonly times: ReadonlyMap<string, string> | undefined;
  /** RFC 3339: when all of it was unpublished. */
  readonly unpublished: string | undefined;
}

/** The document of one version, at `/<name>/<version or tag>`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly document: JsonObject;
}

export type RegistryDocument =
  | { readonly form: 'packument'; readonly packument: Packument }
  | { readonly form: 'manifest'; readonly manifest: Manifest };

/** Nothing where the bytes are no JSON, or not what a registry says of a package. Never throws. */
export function readDocument(bytes: Buffer): RegistryDocument | undefined {
  const document = readObject(bytes);
  const name = document?.['name'];
  if (document === undefined || typeof name !== 'string' || name === '') return undefined;
  const packument = readPackument(document, name);
  if (packument !== undefined) return { form: 'packument', packument };
  const { version, dist } = document;
  if (typeof version !== 'string' || tarballOf(document) === undefined || !isObject(dist)) return undefined;
  return { form: 'manifest', manifest: { name, version, document } };
}

function readPackument(document: JsonObject, name: string): Packument | undefined {
  const { versions, time, 'dist-tags': tags } = document;
  const times = isObject(time) ? stringsOf(time) : undefined;
  const gone = isObject(time) && isObject(time['unpublished']) ? time['unpublished']['time'] : undefined;
  const unpublished = typeof gone === 'string' ? gone : undefined;
  if (unpublished === undefined && !(isObject(versions) && isObject(tags))) return undefined;
  return {
    document,
    name,
    versions: new Map(
      Object.entries(isObject(versions) ? versions : {}).flatMap(([version, manifest]) =>
        isObject(manifest) ? [[version, manifest] as const] : [],
      ),
    ),
    tags: isObject(tags) ? stringsOf(tags) : new Map(),
    times,
    unpublished,
  };
}

/** A JSON object's members; nothing where the bytes are not one. */
export function readObject(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `dist.tarball` as requests are keyed by it: without credentials and fragment. */
export function tarballOf(manifest: JsonObject): string | undefined {
  const { dist } = manifest;
  const url = isObject(dist) && typeof dist['tarball'] === 'string' ? URL.parse(dist['tarball']) : null;
  if (url === null) return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(object: JsonObject): Map<string, string> {
  return new Map(
    Object.entries(object).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
