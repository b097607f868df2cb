import type { Digest } from '../core/index.ts';

/** How far one blob has got. The last event of a blob has `transferred === size`. */
export interface TransferEvent {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Bytes so far. */
  readonly transferred: number;
}

export type OnTransfer = (event: TransferEvent) => void;

/** The chunks as they are, told to `onTransfer` as they pass. */
export async function* reported(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  onTransfer: OnTransfer | undefined,
  offset = 0,
): AsyncGenerator<Uint8Array> {
  let transferred = offset;
  for await (const chunk of chunks) {
    transferred += chunk.byteLength;
    onTransfer?.({ digest, size, transferred });
    yield chunk;
  }
}

/** Pieces of their own, for whoever holds them longer than until the next is asked for. */
export async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** Does `work` for every item, at most `width` at a time. The first failure stops what has not begun. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of queue) {
      if (failed) return;
      await work(item);
    }
  };
  const workers = Array.from({ length: Math.min(width, items.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // All have stopped before the failure is told: nothing writes behind the caller's back.
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Blobs under way at once, as Docker's and skopeo's order of magnitude. */
export const parallelBlobs = 4;
