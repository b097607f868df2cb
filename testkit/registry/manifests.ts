import type { ServerResponse } from 'node:http';
import { fail, giveBytes } from './answers.ts';
import { digestOf, type RepositoryState } from './state.ts';
import type { StrictOptions } from './strict-registry.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls?: readonly string[];
}

interface ManifestJson {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One request to `/v2/<name>/manifests/<reference>`. */
export interface ManifestRequest {
  readonly repository: RepositoryState;
  readonly reference: string;
  readonly options: StrictOptions;
  readonly violation: (text: string) => void;
}

export function serveManifest(asked: ManifestRequest, body: Buffer, response: ServerResponse): void {
  const { repository, reference } = asked;
  const { req: request } = response;
  if (request.method === 'PUT') return put(asked, body, response);
  const found = repository.manifest(reference);
  if (request.method === 'DELETE') return remove(asked, response);
  if (found === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN');
  const accepted = (request.headers.accept ?? '').split(/\s*,\s*/);
  if (!accepted.includes(found.mediaType)) {
    asked.violation(`${reference} was asked for without Accept: ${found.mediaType}`);
    return fail(response, 404, 'MANIFEST_UNKNOWN', 'not in a type that you accept');
  }
  const headers = { 'content-type': found.mediaType, 'docker-content-digest': found.digest };
  giveBytes(response, found.bytes, headers, false);
}

/** distribution-spec, "Pushing Manifests". */
function put(
  { repository, reference, options, violation }: ManifestRequest,
  bytes: Buffer,
  response: ServerResponse,
) {
  const json = JSON.parse(bytes.toString()) as ManifestJson;
  const mediaType = response.req.headers['content-type'] ?? '';
  const digest = digestOf(bytes, reference);
  if (json.mediaType !== undefined && json.mediaType !== mediaType)
    violation(`a manifest of type ${json.mediaType} was put as ${mediaType}`);
  if (reference.includes(':') && reference !== digest) return fail(response, 400, 'DIGEST_INVALID');
  const named = [...(json.layers ?? []), ...(json.config ? [json.config] : [])];
  const lacks = (one: Descriptor) =>
    one.urls === undefined && repository.blobs.get(one.digest)?.byteLength !== one.size;
  const missing = named.find(lacks) ?? json.manifests?.find(one => !repository.manifests.has(one.digest));
  // A list of referrers may outlive what it lists.
  const isList = /^sha(?:256|512)-[0-9a-f]+$/.test(reference);
  if (missing && !isList && options.sparse !== true) {
    violation(`${reference} names ${missing.digest}, which was not there before it`);
    return fail(response, 404, 'MANIFEST_BLOB_UNKNOWN', missing.digest);
  }
  repository.manifests.set(digest, { bytes, mediaType });
  if (!reference.includes(':')) repository.tags.set(reference, digest);
  response.writeHead(201, {
    location: digest,
    'docker-content-digest': digest,
    'content-length': 0,
    ...(json.subject && options.referrers !== false && { 'oci-subject': json.subject.digest }),
  });
  response.end();
}

/** distribution-spec, "Deleting tags" and "Deleting Manifests". */
function remove({ repository, reference, options }: ManifestRequest, response: ServerResponse): void {
  const found = repository.manifest(reference);
  const isTag = !reference.includes(':');
  if (options.delete === 'none' || (isTag && options.delete === 'digests'))
    return fail(response, 405, 'UNSUPPORTED');
  if (found === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN');
  if (isTag) repository.tags.delete(reference);
  else {
    repository.manifests.delete(reference);
    for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
  }
  response.writeHead(202, { 'content-length': 0 }).end();
}

/** distribution-spec, "Listing Referrers". */
export function referrersOf(repository: RepositoryState, subject: string): object[] {
  return [...repository.manifests].flatMap(([digest, { bytes, mediaType }]) => {
    const json = JSON.parse(bytes.toString()) as ManifestJson;
    if (json.subject?.digest !== subject) return [];
    const artifactType = json.artifactType ?? json.config?.mediaType;
    return [{ mediaType, digest, size: bytes.byteLength, artifactType, annotations: json.annotations }];
  });
}
