import { redactUrl } from './redact.ts';
import { UpstreamFailure } from './retry.ts';
import type { UpstreamAnswer } from './upstream.ts';

/** An answer's body in memory. @throws UpstreamFailure past `limit` bytes, or where it breaks off */
export async function wholeBody({ body }: UpstreamAnswer, asked: URL, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  const name = redactUrl(asked);
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > limit)
        throw new UpstreamFailure('GATEWAY_UPSTREAM_LIMIT', `${name} sent more than ${limit} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    throw new UpstreamFailure('GATEWAY_UPSTREAM_BROKEN', `${name} broke off after ${size} bytes`, {
      cause: error,
    });
  }
  return Buffer.concat(pieces);
}
