const enough = 256 * 1024;

/**
 * The same bytes in pieces of at least 256 KiB but for the last: each piece costs a round trip to zlib's thread pool,
 * and an archive of small files is mostly pieces of 512 bytes.
 */
export async function* coalesce(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    size += chunk.byteLength;
    if (size < enough) continue;
    yield waiting.length === 1 ? chunk : Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting);
}
