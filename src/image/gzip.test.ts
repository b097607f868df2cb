import { constants, deflateRawSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { deflateRaw } from 'pako';
import { describe, expect, test } from 'vitest';
import { integrityError } from '../core/index.ts';
import { blocksOf } from './blocks.ts';
import { compressionOf, decompress } from './decompress.ts';
import { givesKnownAnswers, gzip, pakoDeflater, zlibDeflater, type BlockDeflater } from './gzip.ts';
import { knownAnswers } from './known-answers.ts';
import { collect, inChunks } from './tar/testing.ts';

describe('the gzip recipe', () => {
  test('both compressors give the known answers', async () => {
    expect(await givesKnownAnswers(zlibDeflater)).toBe(true);
    expect(await givesKnownAnswers(pakoDeflater)).toBe(true);
  });

  test('the known answers tell other compressors apart: another level, plain zlib, no window', async () => {
    const ended = (last: boolean) => ({ finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH });
    const others: BlockDeflater[] = [
      async ({ bytes, before, last }) =>
        deflateRawSync(bytes, { level: 5, ...ended(last), ...(before.length > 0 && { dictionary: before }) }),
      async ({ bytes, last }) => deflateRawSync(bytes, { memLevel: 9, ...ended(last) }),
      async ({ bytes, last }) => deflateRawSync(bytes, { level: 6, memLevel: 8, ...ended(last) }),
      async ({ bytes }) => deflateRaw(bytes, { level: 6, legacyHash: true }),
    ];
    for (const other of others) expect(await givesKnownAnswers(other)).toBe(false);
  });

  const megabytes = Buffer.concat(
    Array.from({ length: 40 }, () => knownAnswers().map(({ bytes }) => bytes)).flat(),
  );

  test.each([
    ['a stream of several blocks', megabytes],
    ['exactly two blocks', megabytes.subarray(0, 2 ** 21)],
    ['one byte more than a block', megabytes.subarray(0, 2 ** 20 + 1)],
    ['nothing', Buffer.alloc(0)],
  ])('%s: pako and node:zlib give the same stream, however it is cut', async (_name, input) => {
    const expected = await collect(gzip(inChunks(input), zlibDeflater));
    expect((await collect(gzip(inChunks(input, 77_777), zlibDeflater))).equals(expected)).toBe(true);
    expect((await collect(gzip(inChunks(input, 4096), pakoDeflater))).equals(expected)).toBe(true);
    expect(gunzipSync(expected).equals(input)).toBe(true);
  });

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

test('blocks have the size, know what came before, and the last is known', async () => {
  const text = (part: Uint8Array) => Buffer.from(part).toString();
  const bytes = Buffer.from('abcdefghij');
  const blocks = [];
  for await (const block of blocksOf(inChunks(bytes, 3), 4, 2)) blocks.push(block);
  expect(blocks.map(({ bytes, before, last }) => [text(bytes), text(before), last])).toEqual([
    ['abcd', '', false],
    ['efgh', 'cd', false],
    ['ij', 'gh', true],
  ]);
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
