import { refusal, type RegistryApi } from './api.ts';
import { discard, type HttpResponse } from './http.ts';
import type { StreamedUpload } from './upload.ts';
import { nextLocation, type UploadSession } from './upload-session.ts';

/** Bytes of a chunk, unless the registry wants more at once: few requests, and little memory. */
const chunkSize = 8 * 1024 * 1024;

/** distribution-spec, "Pushing a blob in chunks", from the session's offset on. Gives the answer to the closing PUT. */
export async function uploadChunks(
  api: RegistryApi,
  upload: StreamedUpload,
  session: UploadSession,
): Promise<HttpResponse> {
  const { repository, blob, read } = upload;
  let { location, offset } = session;
  const size = Math.min(Math.max(chunkSize, session.smallestChunk), blob.size - offset);
  for await (const chunk of cut(read(offset), size)) {
    const end = offset + chunk.byteLength - 1;
    const answer = await api.send({
      method: 'PATCH',
      repository,
      target: location,
      push: true,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(chunk.byteLength),
        'content-range': `${offset}-${end}`,
      },
      body: () => chunk,
    });
    if (answer.status !== 202) throw await refusal(repository, `part of blob ${blob.digest}`, answer);
    await discard(answer);
    location = nextLocation(upload, answer);
    offset = end + 1;
  }
  return api.send({
    method: 'PUT',
    repository,
    target: location,
    query: { digest: blob.digest },
    push: true,
    headers: { 'content-length': '0' },
  });
}

/** The same bytes in pieces of `size`; the last may be shorter. Each is good until the next is asked for. */
async function* cut(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let piece = Buffer.alloc(0);
  let length = 0;
  for await (let chunk of chunks) {
    // Made when it is needed, and once: what is sent here is often less than one piece.
    if (piece.byteLength === 0) piece = Buffer.allocUnsafeSlow(size);
    while (length + chunk.byteLength >= size) {
      const room = size - length;
      piece.set(chunk.subarray(0, room), length);
      yield piece;
      chunk = chunk.subarray(room);
      length = 0;
    }
    piece.set(chunk, length);
    length += chunk.byteLength;
  }
  if (length > 0) yield piece.subarray(0, length);
}
