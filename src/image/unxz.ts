/**
 * The plain bytes of an xz stream, as they come. Leaving the loop early releases everything.
 * @throws the decoder's own error where the input is damaged or ends early; callers know what to call it.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: xz } = await import('xz-decompress');
  const iterator = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const next = await iterator.next();
        // Past the end the decoder is fed nothing, twice at most: then what is missing becomes an error.
        if (next.done === true) return controller.close();
        if (next.value.byteLength > 0) return controller.enqueue(next.value);
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  const reader = new xz.XzReadableStream(input).getReader();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.byteLength > 0) yield value;
    }
    whole = true;
  } finally {
    // One decoder runs at a time in this library: one left behind would block every later one.
    if (!whole) await reader.cancel().catch(() => undefined);
    await iterator.return?.();
  }
}
