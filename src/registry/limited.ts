import type { HttpResponse } from './http.ts';

/**
 * A body that is small by nature, whole. `limit` in bytes; past it reading stops and `tooLong` is thrown.
 * @throws TransientFailure where the connection breaks
 */
export async function readLimited(
  response: HttpResponse,
  limit: number,
  tooLong: () => Error,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      const bytes: Buffer = chunk;
      size += bytes.byteLength;
      if (size > limit) break;
      chunks.push(bytes);
    }
  } catch (error) {
    throw response.failure(error);
  }
  if (size > limit) throw tooLong();
  return Buffer.concat(chunks);
}
