/** The ar archive around a Debian package: deb(5), ar(5). */

import { integrityError, type HoldfastError } from '../../core/index.ts';

export interface ArMember {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Must be read to its end, or left, before the next member is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

const magic = '!<arch>\n';

/**
 * The members, one after the other, as the bytes come.
 * @param origin what to call the file in an error.
 * @throws HoldfastError APT_DEB_MALFORMED, APT_DEB_TRUNCATED (exit 4)
 */
export async function* arMembers(
  source: AsyncIterable<Uint8Array>,
  origin: string,
): AsyncGenerator<ArMember> {
  const input = new ByteReader(source, origin);
  try {
    if ((await input.take(magic.length)).toString('latin1') !== magic)
      throw malformed(origin, 'it does not begin as an ar archive');
    while (!(await input.atEnd())) {
      const header = (await input.take(60)).toString('latin1');
      // GNU ar ends names with a slash; dpkg-deb does not.
      const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
      const size = header.slice(48, 58).trimEnd();
      if (!/^\d+$/.test(size) || header.slice(58) !== '`\n' || name === '')
        throw malformed(origin, 'a member’s header is damaged');
      const length = Number(size);
      const rest = { left: length };
      yield { name, size: length, content: input.pieces(rest) };
      await input.skip(rest.left);
      // Members start at even offsets; the last one's padding may be missing.
      if (length % 2 === 1 && !(await input.atEnd())) await input.skip(1);
    }
  } finally {
    await input.close();
  }
}

/** Reads exact lengths from a stream. */
class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #origin: string;
  #chunk: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>, origin: string) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#origin = origin;
  }

  async atEnd(): Promise<boolean> {
    while (this.#chunk.byteLength === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) return true;
      this.#chunk = next.value;
    }
    return false;
  }

  async take(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    const rest = { left: length };
    for await (const part of this.pieces(rest)) parts.push(part);
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    const rest = { left: length };
    const pieces = this.pieces(rest);
    while ((await pieces.next()).done !== true);
  }

  /** The next `rest.left` bytes; counts them down as they are handed on. */
  async *pieces(rest: { left: number }): AsyncGenerator<Uint8Array> {
    while (rest.left > 0) {
      if (await this.atEnd()) {
        throw integrityError('APT_DEB_TRUNCATED', `${this.#origin} ends ${rest.left} bytes too early`, {
          next: 'Download the package again.',
        });
      }
      const part = this.#chunk.subarray(0, rest.left);
      this.#chunk = this.#chunk.subarray(part.byteLength);
      rest.left -= part.byteLength;
      yield part;
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

export function malformed(origin: string, reason: string, cause?: unknown): HoldfastError {
  return integrityError('APT_DEB_MALFORMED', `${origin} is not a Debian package: ${reason}`, {
    next: 'Download the package again, or ask its publisher.',
    cause,
  });
}
