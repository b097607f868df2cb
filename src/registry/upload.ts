import { Readable } from 'node:stream';
import { refusal, type RegistryApi } from './api.ts';
import { discard, type HttpResponse } from './http.ts';
import { reported } from './transfer.ts';
import { uploadChunks } from './upload-chunks.ts';
import { openSession, type BlobUpload, type UploadSession } from './upload-session.ts';

/** How the blob came to be in the repository. */
export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

type Send = (api: RegistryApi, upload: BlobUpload, session: UploadSession) => Promise<HttpResponse>;

/** Statuses by which proxies and registries say that a whole blob is too much for one request. */
const wantsChunks = [411, 413, 415];

/**
 * distribution-spec, "Pushing blobs": nothing where the repository has it, else a mount where that may do, else
 * POST and one PUT, else chunks.
 * @throws HoldfastError REGISTRY_REFUSED, REGISTRY_DENIED (exit 5), STORE_BLOB_MISSING, STORE_BLOB_CORRUPT (exit 4),
 *   and what every request may throw
 */
export async function pushBlob(api: RegistryApi, upload: BlobUpload): Promise<BlobOutcome> {
  if (await hasBlob(api, upload)) return 'present';
  const outcome = await tryUpload(api, upload, putWhole, wantsChunks);
  if (outcome !== 'declined') return outcome;
  const chunked = await tryUpload(api, upload, uploadChunks, []);
  return chunked === 'declined' ? 'uploaded' : chunked;
}

async function hasBlob(api: RegistryApi, { repository, blob }: BlobUpload): Promise<boolean> {
  const target = `blobs/${blob.digest}`;
  const answer = await api.request({ method: 'HEAD', repository, target, push: true });
  await discard(answer);
  const length = answer.header('content-length');
  return answer.status === 200 && (length === undefined || Number(length) === blob.size);
}

/** A broken upload begins anew with a new session, for what the old one holds is not known. */
function tryUpload(
  api: RegistryApi,
  upload: BlobUpload,
  send: Send,
  declines: readonly number[],
): Promise<BlobOutcome | 'declined'> {
  return api.http.retrying(async () => {
    const session = await openSession(api, upload);
    if (session === 'mounted') return session;
    const answer = await send(api, upload, session);
    if (declines.includes(answer.status)) {
      await discard(answer);
      return 'declined';
    }
    if (answer.status !== 201 && answer.status !== 204)
      throw await refusal(upload.repository, `blob ${upload.blob.digest}`, answer);
    await discard(answer);
    return 'uploaded';
  });
}

/** distribution-spec, "POST then PUT". */
async function putWhole(
  api: RegistryApi,
  { repository, blob, store, onTransfer }: BlobUpload,
  { location }: UploadSession,
): Promise<HttpResponse> {
  const broken: Error[] = [];
  const body = () => {
    const bytes = Readable.from(reported(store.read(blob.digest), blob, onTransfer), { objectMode: false });
    return bytes.on('error', error => broken.push(error));
  };
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) };
  const query = { digest: blob.digest };
  const sending = api.send({ method: 'PUT', repository, target: location, query, push: true, headers, body });
  const [outcome] = await Promise.allSettled([sending]);
  // A corrupt blob in the store is why a request failed, whatever the connection says of it.
  if (broken[0]) throw broken[0];
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
