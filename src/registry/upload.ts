import { refusal, type RegistryApi } from './api.ts';
import { abandon, discard, type HttpResponse } from './http.ts';
import { TransientFailure, waitBefore } from './retry.ts';
import { uploadChunks } from './upload-chunks.ts';
import { abandonSession, openSession, resumeSession, type UploadSession } from './upload-session.ts';
import type { BlobName } from './download.ts';
import type { Reference } from './reference.ts';

/** How the blob came to be in the repository. */
export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

/** A blob to be sent from wherever its bytes are. */
export interface StreamedUpload {
  readonly repository: Reference;
  readonly blob: BlobName;
  /** The bytes from an offset on, at most as far as they were read before; they are verified as they are read. */
  readonly read: (offset: number) => AsyncIterable<Uint8Array>;
  /** A repository on the same registry that may have the blob. */
  readonly mountFrom?: Reference | undefined;
}

/** Statuses by which proxies and registries say that a whole blob is too much for one request. */
const wantsChunks = [411, 413, 415];

/**
 * distribution-spec, "Pushing blobs": nothing where the repository has it, else a mount where that may do, else
 * POST and one PUT, else chunks. An upload that breaks goes on from where the registry says it is, or begins anew.
 * @throws HoldfastError REGISTRY_REFUSED, REGISTRY_DENIED (exit 5), what reading throws, and what every request may
 */
export async function sendBlob(api: RegistryApi, upload: StreamedUpload): Promise<BlobOutcome> {
  if (await hasBlob(api, upload)) return 'present';
  let session: UploadSession | undefined;
  let inChunks = false;
  for (let failures = 1; ; failures++) {
    const reached = session?.offset ?? 0;
    try {
      const opened = session ?? (await openSession(api, upload));
      if (opened === 'mounted') return opened;
      session = opened;
      const whole = !inChunks && session.offset === 0;
      const answer = await (whole ? putWhole : uploadChunks)(api, upload, session);
      if (whole && wantsChunks.includes(answer.status)) {
        await discard(answer);
        inChunks = true;
        session = undefined;
        // An answer at last: what broke before it says nothing about the other way.
        failures = 0;
      } else if (answer.status === 201 || answer.status === 204) {
        await discard(answer);
        return 'uploaded';
      } else throw await refusal(upload.repository, `blob ${upload.blob.digest}`, answer);
    } catch (error) {
      if (!(error instanceof TransientFailure)) {
        if (session) await abandonSession(api, upload, session);
        throw error;
      }
      if (failures >= api.http.attempts) throw error.failure;
      await api.http.sleep(waitBefore(error, failures));
      session = session && (await resumeSession(api, upload, session));
      // What brings something forward may go on as often as it takes.
      if (session && session.offset > reached) failures = 0;
    }
  }
}

async function hasBlob(api: RegistryApi, { repository, blob }: StreamedUpload): Promise<boolean> {
  const target = `blobs/${blob.digest}`;
  const answer = await api.request({ method: 'HEAD', repository, target, push: true });
  await discard(answer);
  const length = answer.header('content-length');
  return answer.status === 200 && (length === undefined || Number(length) === blob.size);
}

/** distribution-spec, "POST then PUT". */
async function putWhole(
  api: RegistryApi,
  { repository, blob, read }: StreamedUpload,
  { location }: UploadSession,
): Promise<HttpResponse> {
  const broken: unknown[] = [];
  const body = () => noting(read(0), broken);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) };
  const query = { digest: blob.digest };
  const sending = api.send({ method: 'PUT', repository, target: location, query, push: true, headers, body });
  const [outcome] = await Promise.allSettled([sending]);
  // What cannot be read is why a request failed, whatever the connection says of it.
  if (broken.length > 0) {
    if (outcome.status === 'fulfilled') abandon(outcome.value);
    throw broken[0];
  }
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** The same bytes; what keeps them from being read is noted. */
async function* noting(bytes: AsyncIterable<Uint8Array>, broken: unknown[]): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of bytes) yield chunk;
  } catch (error) {
    broken.push(error);
    throw error;
  }
}
