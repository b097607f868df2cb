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
  const size = Math.max(chunkSize, session.smallestChunk);
  let { location, offset } = session;
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

/** The same bytes in pieces of `size`; the last may be shorter. */
async function* cut(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (let chunk of chunks) {
    while (length + chunk.byteLength >= size) {
      const room = size - length;
      yield Buffer.concat([...held, chunk.subarray(0, room)]);
      chunk = chunk.subarray(room);
      held = [];
      length = 0;
    }
    held.push(chunk);
    length += chunk.byteLength;
  }
  if (length > 0) yield Buffer.concat(held);
}
