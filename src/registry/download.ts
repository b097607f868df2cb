import { integrityError, isDigest, sha256, upstreamError, type Digest } from '../core/index.ts';
import { refusal, type RegistryApi } from './api.ts';
import { abandon, discard, type HttpResponse } from './http.ts';
import { readLimited } from './limited.ts';
import {
  manifestLimit,
  manifestTypeOf,
  manifestTypes,
  notAManifest,
  type Descriptor,
  type RawManifest,
} from './manifest.ts';
import { formatReference, tagOrDigest, type Reference } from './reference.ts';
import { TransientFailure } from './retry.ts';

const accept = manifestTypes.join(', ');

/** What names a blob, whatever its digest's algorithm. */
export interface BlobName {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * distribution-spec, "Pulling manifests": the manifest that a tag or digest names, its bytes as they are.
 * @throws HoldfastError REGISTRY_UNKNOWN, REGISTRY_DENIED, REGISTRY_NOT_A_MANIFEST (exit 5),
 *   REGISTRY_DIGEST_MISMATCH (exit 4), and what every request may throw
 */
export async function fetchManifest(api: RegistryApi, reference: Reference): Promise<RawManifest> {
  const where = formatReference(reference);
  return api.http.retrying(async () => {
    const response = await api.send({
      method: 'GET',
      repository: reference,
      target: `manifests/${tagOrDigest(reference)}`,
      headers: { accept },
    });
    const { bytes, mediaType } = await readManifestAnswer(reference, where, response);
    const digest = sha256(bytes);
    requireDigest(where, reference.digest, digest);
    requireDigest(where, declaredDigest(response), digest);
    return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
  });
}

/**
 * The bytes of a manifest and their type, neither held against a digest yet.
 * @throws HoldfastError REGISTRY_UNKNOWN, REGISTRY_DENIED, REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export async function readManifestAnswer(
  repository: Reference,
  where: string,
  response: HttpResponse,
): Promise<{ bytes: Buffer; mediaType: string }> {
  if (response.status !== 200) throw await refusal(repository, `image ${where}`, response);
  const tooLong = () => notAManifest(where, 'it is longer than 4 MiB');
  if (Number(response.header('content-length') ?? 0) > manifestLimit) {
    abandon(response);
    throw tooLong();
  }
  const bytes = await readLimited(response, manifestLimit, tooLong);
  return { bytes, mediaType: manifestTypeOf(bytes, response.header('content-type'), where) };
}

/** The descriptor by HEAD alone, which costs no pull; nothing where the registry has or says none. */
export async function headManifest(api: RegistryApi, reference: Reference): Promise<Descriptor | undefined> {
  const response = await api.request({
    method: 'HEAD',
    repository: reference,
    target: `manifests/${tagOrDigest(reference)}`,
    headers: { accept },
  });
  await discard(response);
  const digest = declaredDigest(response);
  const mediaType = response.header('content-type')?.split(';')[0]?.trim();
  if (response.status !== 200 || digest === undefined || mediaType === undefined) return undefined;
  return { mediaType, digest, size: Number(response.header('content-length') ?? 0) };
}

/** distribution-spec, "Checking if content exists in the registry": bytes of a blob; nothing where it is not there. */
export async function headBlob(
  api: RegistryApi,
  repository: Reference,
  digest: Digest,
): Promise<number | undefined> {
  const target = `blobs/${digest}`;
  const answer = await api.request({ method: 'HEAD', repository, target });
  await discard(answer);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw await refusal(repository, `blob ${shortName({ digest, size: 0 })} of ${repository.path}`, answer);
  const length = answer.header('content-length');
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/**
 * distribution-spec, "Pulling blobs": the bytes from an offset on, taken up again with a Range where the connection breaks. They are
 * not yet verified: give them to `Store.put` with the descriptor. Where they are `lent`, each piece is good only until the
 * next is asked for, which is faster.
 */
export async function* fetchBlob(
  api: RegistryApi,
  repository: Reference,
  blob: BlobName,
  offset = 0,
  lent = false,
): AsyncGenerator<Uint8Array> {
  let received = offset;
  let ended = false;
  // Counts breaks in a row without a byte gained.
  for (let breaks = 0; received < blob.size || breaks === 0; breaks++) {
    if (breaks === Math.max(1, api.http.attempts - 1)) {
      // An answer that ends as it should, each time too early, is no broken connection.
      throw ended ? wrongSize(repository, blob, `${received}`) : cutShort(repository, blob, received);
    }
    if (breaks > 0) await api.http.sleep(500 * 2 ** breaks);
    const response = await openBlob(api, repository, blob, received);
    let skip = response.status === 206 ? 0 : received;
    try {
      const body: AsyncIterable<Uint8Array> = lent ? response.lent() : response.body;
      for await (const chunk of body) {
        const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - fresh.byteLength;
        if (fresh.byteLength === 0) continue;
        received += fresh.byteLength;
        breaks = 0;
        yield fresh;
      }
      ended = true;
    } catch (error) {
      ended = false;
      const failure = response.failure(error);
      if (!(failure instanceof TransientFailure)) throw failure;
    }
  }
}

async function openBlob(
  api: RegistryApi,
  repository: Reference,
  blob: BlobName,
  from: number,
): Promise<HttpResponse> {
  const response = await api.request({
    method: 'GET',
    repository,
    target: `blobs/${blob.digest}`,
    headers: from > 0 ? { range: `bytes=${from}-` } : {},
  });
  const ranged = response.status === 206;
  if (response.status !== 200 && !ranged)
    throw await refusal(repository, `blob ${shortName(blob)} of ${repository.path}`, response);
  const length = response.header('content-length');
  const wanted = ranged ? blob.size - from : blob.size;
  const rightPart = !ranged || (response.header('content-range') ?? '').startsWith(`bytes ${from}-`);
  if (rightPart && (length === undefined || Number(length) === wanted)) return response;
  abandon(response);
  throw wrongSize(repository, blob, length ?? 'others');
}

function wrongSize({ domain }: Reference, { digest, size }: BlobName, got: string) {
  return mismatch(`${domain}: blob ${digest}`, `${size} bytes`, got);
}

function shortName({ digest }: BlobName): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}

function declaredDigest(response: HttpResponse): Digest | undefined {
  const text = response.header('docker-content-digest');
  return isDigest(text) ? text : undefined;
}

function requireDigest(where: string, wanted: Digest | undefined, got: Digest): void {
  if (wanted !== undefined && wanted !== got) throw mismatch(where, wanted, got);
}

/** REGISTRY_DIGEST_MISMATCH (exit 4): the registry gave other bytes than it was asked for. */
export function mismatch(where: string, wanted: string, got: string) {
  return integrityError('REGISTRY_DIGEST_MISMATCH', `${where}: expected ${wanted}, received ${got}`, {
    next: 'The registry, or something on the way to it, alters what it serves; nothing was stored. Use another source.',
  });
}

function cutShort(repository: Reference, blob: BlobName, received: number) {
  return upstreamError(
    'REGISTRY_CUT_SHORT',
    `${repository.domain} broke off blob ${shortName(blob)} after ${received} of ${blob.size} bytes`,
    { next: 'Try again later; nothing of it was stored.' },
  );
}
