import { gunzipSync, gzipSync, zstdCompressSync, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { deflateRaw } from 'pako';
import { describe, expect, test } from 'vitest';
import { integrityError } from '../core/index.ts';
import { coalesce } from './coalesce.ts';
import { compressionOf, decompress } from './decompress.ts';
import { givesKnownAnswers, gzip, pakoDeflater, zlibDeflater } from './gzip.ts';
import { knownAnswers } from './known-answers.ts';
import { collect, inChunks } from './tar/testing.ts';

const inputs = knownAnswers().map(({ name, input }) => [name, input] as const);

describe('the gzip recipe', () => {
  test('both compressors give the known answers', () => {
    expect(givesKnownAnswers(input => deflateRaw(input, { level: 6, memLevel: 8 }))).toBe(true);
    expect(givesKnownAnswers(input => deflateRawSync(input, { level: 6, memLevel: 8 }))).toBe(true);
  });

  test('the known answers tell other compressors apart: another level, plain zlib', () => {
    expect(givesKnownAnswers(input => deflateRawSync(input, { level: 5 }))).toBe(false);
    expect(givesKnownAnswers(input => deflateRawSync(input, { memLevel: 9 }))).toBe(false);
    expect(givesKnownAnswers(input => deflateRaw(input, { level: 6, legacyHash: true }))).toBe(false);
  });

  test.each(inputs)(
    '%s: pako and node:zlib give the same stream, however it is cut',
    async (_name, input) => {
      const expected = await collect(gzip(inChunks(input), zlibDeflater));
      expect((await collect(gzip(inChunks(input, 777), zlibDeflater))).equals(expected)).toBe(true);
      expect((await collect(gzip(inChunks(input, 4096), pakoDeflater))).equals(expected)).toBe(true);
      expect(gunzipSync(expected).equals(input)).toBe(true);
    },
  );

  test('differs from gzip of node:zlib in the operating system byte alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async bytes => {
        const expected = gzipSync(bytes, { level: 6 });
        expected[9] = 255;
        expect(await collect(gzip(inChunks(Buffer.from(bytes), 100)))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('a failure of the source is the failure of the stream', async () => {
    async function* failing() {
      yield Buffer.alloc(100_000);
      await Promise.resolve();
      throw integrityError('STORE_BLOB_CORRUPT', 'rot', { next: 'x' });
    }
    for (const deflate of [zlibDeflater, pakoDeflater]) {
      await expect(collect(gzip(failing(), deflate))).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
    }
    await expect(collect(decompress(failing()))).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
  });
});

test('coalesce gives the same bytes in large pieces', async () => {
  const bytes = Buffer.alloc(700_001, 'abcdefg');
  const pieces: number[] = [];
  const all: Uint8Array[] = [];
  for await (const piece of coalesce(inChunks(bytes, 1000))) {
    pieces.push(piece.byteLength);
    all.push(piece);
  }
  expect(Buffer.concat(all).equals(bytes)).toBe(true);
  expect(pieces.slice(0, -1).every(size => size >= 256 * 1024)).toBe(true);
  expect(pieces.length).toBeLessThan(4);
});

describe('decompress', () => {
  const plain = Buffer.from('a layer '.repeat(10_000));

  test.each([
    ['gzip', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['none', plain],
  ])('reads %s', async (compression, bytes) => {
    expect(compressionOf(bytes)).toBe(compression);
    expect((await collect(decompress(inChunks(bytes, 3)))).equals(plain)).toBe(true);
  });

  test('reads several gzip members as one, and nothing as nothing', async () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect((await collect(decompress(inChunks(members, 5)))).toString()).toBe('one two');
    expect(await collect(decompress(inChunks(Buffer.alloc(0))))).toHaveLength(0);
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(1_000_001))],
    ['zstd', zstdCompressSync(Buffer.alloc(1_000_001))],
    ['none', Buffer.alloc(1_000_001)],
  ])('stops a bomb: %s', async (_compression, bomb) => {
    await expect(collect(decompress(inChunks(bomb), 1_000_000))).rejects.toMatchObject({
      code: 'LAYER_TOO_LARGE',
      exit: 4,
    });
    expect(await collect(decompress(inChunks(bomb), 1_000_001))).toHaveLength(1_000_001);
  });

  test.each([
    ['truncated gzip', gzipSync(plain).subarray(0, 60)],
    ['truncated zstd', zstdCompressSync(plain).subarray(0, 20)],
    ['gzip with a wrong checksum', damaged(gzipSync(plain), -8)],
    ['gzip of nonsense', Buffer.concat([gzipSync(plain).subarray(0, 10), Buffer.alloc(100, 0xff)])],
  ])('names %s', async (_what, bytes) => {
    await expect(collect(decompress(inChunks(bytes)))).rejects.toMatchObject({
      code: 'LAYER_CORRUPT',
      exit: 4,
    });
  });
});

function damaged(bytes: Buffer, at: number): Buffer {
  bytes[bytes.length + at] = (bytes.at(at) ?? 0) ^ 1;
  return bytes;
}
