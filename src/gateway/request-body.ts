import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Digester, type Digest } from '../core/index.ts';

/** A request's body, received whole, so that it can be hashed for the key and sent upstream more than once. */
export interface RequestBody {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  open(): Buffer | Readable;
  /** All of it; nothing where it is larger than `limit` bytes. */
  bytes(limit: number): Promise<Buffer | undefined>;
  /** Removes the temporary file, if there is one. */
  discard(): Promise<void>;
}

export interface BodyLimits {
  readonly requestBodyBytes: number;
  readonly requestBodyInMemory: number;
}

export class RequestBodyTooLarge extends Error {}

/** RFC 9112 6.3: a request without either header has no body; an empty one counts as none. */
function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Small bodies stay in memory, larger ones go to a file in `directory` that only this user may read, since a body may
 * hold a password. It never gets into the store.
 * @throws RequestBodyTooLarge, or the stream's error when the client breaks off
 */
export async function receivedBody(
  request: IncomingMessage,
  directory: string,
  limits: BodyLimits,
): Promise<RequestBody | undefined> {
  if (!announcesBody(request)) return undefined;
  const digester = new Digester();
  const path = join(directory, `request-${randomBytes(8).toString('hex')}`);
  let held: Buffer[] = [];
  let file: FileHandle | undefined;
  const discard = async () => {
    if (file !== undefined) await rm(path, { force: true });
  };
  try {
    // The request stays readable after a refusal, so that the client can be told.
    const chunks: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      digester.update(chunk);
      if (digester.size > limits.requestBodyBytes) throw new RequestBodyTooLarge();
      held.push(chunk);
      if (digester.size <= limits.requestBodyInMemory) continue;
      file ??= await open(path, 'wx', 0o600);
      for (const one of held) await file.writeFile(one);
      held = [];
    }
    await file?.close();
  } catch (error) {
    await file?.close().catch(() => undefined);
    await discard();
    throw error;
  }
  if (digester.size === 0) return undefined;
  const bytes = Buffer.concat(held);
  const spooled = file !== undefined;
  return {
    digest: digester.digest(),
    size: digester.size,
    open: () => (spooled ? createReadStream(path) : bytes),
    bytes: async limit => (digester.size > limit ? undefined : spooled ? readFile(path) : bytes),
    discard,
  };
}
