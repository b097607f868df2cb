import { upstreamError } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { refusal, type RegistryApi } from './api.ts';
import { discard, type HttpResponse } from './http.ts';
import type { Descriptor } from './manifest.ts';
import type { Reference } from './reference.ts';
import type { OnTransfer } from './transfer.ts';
import type { StreamedUpload } from './upload.ts';

/** A blob to be sent from the store. */
export interface BlobUpload {
  readonly repository: Reference;
  readonly blob: Descriptor;
  readonly store: Store;
  /** A repository on the same registry that may have the blob. */
  readonly mountFrom?: Reference | undefined;
  readonly onTransfer?: OnTransfer | undefined;
}

/** An open upload: where to send the next bytes, how many there are, and the least that a chunk may be. */
export interface UploadSession {
  readonly location: URL;
  /** Bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly smallestChunk: number;
}

/** distribution-spec, "Pushing blobs" and "Mounting a blob from another repository". One attempt. */
export async function openSession(
  api: RegistryApi,
  upload: StreamedUpload,
): Promise<UploadSession | 'mounted'> {
  const { repository, blob, mountFrom } = upload;
  const mountable = mountFrom?.domain === repository.domain && mountFrom.path !== repository.path;
  const headers = { 'content-length': '0' };
  const request = { method: 'POST', repository, target: 'blobs/uploads/', headers, push: true } as const;
  if (mountable) {
    const query = { mount: blob.digest, from: mountFrom.path };
    const answer = await api.send({ ...request, query, mountFrom });
    await discard(answer);
    if (answer.status === 201) return 'mounted';
    if (answer.status === 202) return sessionOf(upload, answer);
    // Not allowed to read there, or no mounts here: go on as if nobody had asked.
  }
  const answer = await api.send(request);
  if (answer.status !== 202) throw await refusal(repository, `uploads to ${repository.path}`, answer);
  await discard(answer);
  return sessionOf(upload, answer);
}

/**
 * distribution-spec, "Resuming an upload": where a broken one can go on; nothing where it must begin anew. Never
 * throws: a session that does not answer is none.
 */
export async function resumeSession(
  api: RegistryApi,
  upload: StreamedUpload,
  session: UploadSession,
): Promise<UploadSession | undefined> {
  const { repository, blob } = upload;
  try {
    const answer = await api.send({ method: 'GET', repository, target: session.location, push: true });
    await discard(answer);
    const [, end = '0'] = /^(?:bytes=)?0-(\d+)$/.exec(answer.header('range') ?? '') ?? [];
    // `0-0` is what some registries say of an empty upload, too.
    if (answer.status !== 204 || end === '0' || Number(end) >= blob.size) return undefined;
    return { ...session, location: nextLocation(upload, answer), offset: Number(end) + 1 };
  } catch {
    return undefined;
  }
}

/** distribution-spec, "Canceling": what will not be finished need not be kept. Never throws. */
export async function abandonSession(
  api: RegistryApi,
  { repository }: StreamedUpload,
  { location }: UploadSession,
): Promise<void> {
  await api
    .send({ method: 'DELETE', repository, target: location, push: true })
    .then(discard)
    .catch(() => {});
}

function sessionOf(upload: StreamedUpload, answer: HttpResponse): UploadSession {
  const smallestChunk = Number(answer.header('oci-chunk-min-length') ?? 0) || 0;
  return { location: nextLocation(upload, answer), offset: 0, smallestChunk };
}

/** Where an upload goes on. May be relative, and is to be used as it is, query included. */
export function nextLocation({ repository }: StreamedUpload, answer: HttpResponse): URL {
  const location = answer.header('location') ?? '';
  if (location !== '' && URL.canParse(location, answer.url.href)) return new URL(location, answer.url);
  throw upstreamError('REGISTRY_REFUSED', `${repository.domain} opened an upload without a location`, {
    next: 'The registry does not follow the OCI distribution specification; tell those who run it.',
  });
}
