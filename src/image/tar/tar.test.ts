import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPax, parsePax, type PaxRecords } from './pax.ts';
import { readNumber } from './numbers.ts';
import { inChunks, tarBytes, tarEntries, tarFile, tarHeader, tarNode } from './testing.ts';
import { readTar } from './reader.ts';
import { formatHeader, type TarFile } from './writer.ts';

const rawName = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map(bytes => Buffer.from(bytes.map(byte => (byte === 0 || byte === 0x2f ? 0x61 : byte))));
const path = fc
  .array(rawName, { minLength: 1, maxLength: 4 })
  .map(names => Buffer.concat(names.flatMap((name, at) => (at === 0 ? [name] : [Buffer.from('/'), name]))));
const xattrs = fc
  .array(fc.tuple(fc.constantFrom('user.a', 'user.b c', 'security.capability'), fc.uint8Array()), {
    maxLength: 3,
  })
  .map(pairs => new Map(pairs.map(([name, v]) => [name, Buffer.from(v)] as const)));
const entry: fc.Arbitrary<TarFile> = fc
  .record({
    type: fc.constantFrom('file', 'link', 'symlink', 'char', 'block', 'directory', 'fifo'),
    path,
    target: path,
    content: fc.uint8Array({ maxLength: 2000 }).map(bytes => Buffer.from(bytes)),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 0xffff_fffe }),
    gid: fc.integer({ min: 0, max: 0xffff_fffe }),
    mtime: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 2 ** 20 - 1 }),
    xattrs,
  })
  .map(({ content, path: at, target, major, minor, type, ...rest }) => ({
    header: tarHeader(at, {
      ...rest,
      type,
      target: type === 'link' || type === 'symlink' ? target : Buffer.alloc(0),
      size: type === 'file' ? content.length : 0,
      device: type === 'char' || type === 'block' ? { major, minor } : undefined,
    }),
    body: type === 'file' ? [content] : undefined,
  }));

describe('the writer and the reader', () => {
  test('give back what was written, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 6 }),
        fc.integer({ min: 1, max: 2000 }),
        async (files, size) => {
          const entries = await tarEntries(await tarBytes(files), size);
          expect(entries.map(({ header }) => header)).toEqual(files.map(({ header }) => header));
          expect(entries.map(({ content }) => content)).toEqual(
            files.map(({ body }) => Buffer.concat([...((body ?? []) as Buffer[])])),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('skip contents that nobody read', async () => {
    const archive = await tarBytes([tarFile('a', 'x'.repeat(5000)), tarFile('b', 'y')]);
    const paths: string[] = [];
    for await (const { path: at } of readTar(inChunks(archive, 100))) paths.push(at.toString());
    expect(paths).toEqual(['a', 'b']);
  });

  test('use PAX only where ustar has no room', () => {
    const blocks = (header: Parameters<typeof formatHeader>[0]) => formatHeader(header).length / 512;
    expect(blocks(tarHeader('n'.repeat(100)))).toBe(1);
    expect(blocks(tarHeader('n'.repeat(101)))).toBe(3);
    expect(blocks(tarHeader(`${'p'.repeat(155)}/${'n'.repeat(100)}`))).toBe(1);
    expect(blocks(tarHeader(`${'p'.repeat(156)}/${'n'.repeat(100)}`))).toBe(3);
    expect(blocks(tarHeader('a', { uid: 2_097_151, gid: 2_097_151 }))).toBe(1);
    expect(blocks(tarHeader('a', { uid: 2_097_152 }))).toBe(3);
    expect(blocks(tarHeader('a', { mtime: -1 }))).toBe(3);
    expect(blocks(tarHeader('a', { size: 2 ** 33 - 1 }))).toBe(1);
    expect(blocks(tarHeader('a', { size: 2 ** 33 }))).toBe(3);
    expect(blocks(tarHeader('ü/\xff'))).toBe(1);
  });

  test('name no user, no time and no process in PAX headers', () => {
    const block = formatHeader(tarHeader('a', { uid: 3_000_000, mtime: 5 })).subarray(0, 512);
    expect(block.toString('latin1').replace(/\0+/g, '|')).toBe(
      '././@PaxHeader|0000644|0000000|0000000|00000000017|00000000000|011471| x|ustar|00|0000000|0000000|',
    );
  });

  test('an archive of nothing is the well-known empty layer', async () => {
    expect(await tarBytes([])).toEqual(Buffer.alloc(1024));
  });

  test('the writer refuses a content that is not as long as its header says', async () => {
    await expect(tarBytes([tarFile('a', 'four', { size: 5 })])).rejects.toThrow('4 bytes, not 5');
  });
});

describe('PAX records', () => {
  test('survive the round trip as bytes, whatever their length', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z.]{1,20}$/), fc.uint8Array({ maxLength: 1200 })),
        dictionary => {
          const records: PaxRecords = new Map(
            Object.entries(dictionary).map(([k, v]) => [k, Buffer.from(v)]),
          );
          expect(parsePax(formatPax(records))).toEqual(records);
        },
      ),
    );
  });

  test('count their own digits', () => {
    for (const length of [3, 4, 92, 93, 94, 991, 992, 993]) {
      const formatted = formatPax(new Map([['k', Buffer.alloc(length, 'v')]]));
      expect(Number.parseInt(formatted.toString(), 10)).toBe(formatted.length);
    }
  });
});

test.each([
  ['0000644\0', 0o644],
  ['   644 \0', 0o644],
  ['\0\0\0\0\0\0\0\0', 0],
  ['644\0junk', 0o644],
  [Buffer.from([0x80, 0, 0, 0, 0, 0x2d, 0xc6, 0xc0]), 3_000_000],
  [Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]), -2],
])('the numeric field %j is %i', (field, value) => {
  expect(readNumber(Buffer.from(field as string), 'field')).toBe(value);
});

describe('records and typeflags of other writers', () => {
  const withTypeflag = (flag: string, file: TarFile) => {
    const block = formatHeader(file.header);
    block.write(flag, 156, 'latin1');
    return Buffer.concat([
      withChecksum(block),
      ...((file.body ?? []) as Buffer[]),
      padding(file.header.size),
    ]);
  };
  const end = Buffer.alloc(1024);

  test('a global header holds for all that follow, an own record beats it, an empty one unsets it', async () => {
    const global = withTypeflag('g', tarFile('g', '9 uid=42\n15 mtime=12.345\n'.replace('15', '16')));
    const own = withTypeflag('x', tarFile('x', '8 uid=7\n9 mtime=\n'));
    const entries = await tarEntries(
      Buffer.concat([global, formatHeader(tarHeader('a')), own, formatHeader(tarHeader('b')), end]),
    );
    expect(entries.map(({ header }) => [header.uid, header.mtime])).toEqual([
      [42, 12],
      [7, 1_700_000_000],
    ]);
  });

  test('a global header alone is an empty archive', async () => {
    const global = withTypeflag('g', tarFile('g', '9 uid=42\n'));
    expect(await tarEntries(Buffer.concat([global, end]))).toEqual([]);
  });

  test('old ways to say regular file and directory', async () => {
    const archive = Buffer.concat([
      withTypeflag('\0', tarFile('old', 'x')),
      withTypeflag('7', tarFile('contiguous', 'y')),
      withTypeflag('0', tarNode('directory', 'dir')),
    ]);
    const entries = await tarEntries(archive);
    expect(entries.map(({ header }) => header.type)).toEqual(['file', 'file', 'directory']);
    expect(entries[2]?.header.path.toString()).toBe('dir');
  });
});

describe('hostile archives', () => {
  const good = formatHeader(tarHeader('a', { size: 3 }));
  const patched = (at: number, bytes: string | Buffer) => {
    const block = Buffer.from(good);
    Buffer.from(bytes as string).copy(block, at);
    return withChecksum(block);
  };
  const meta = (flag: string, body: string, size = body.length) => {
    const block = formatHeader(tarHeader('m', { size }));
    block.write(flag, 156, 'latin1');
    return Buffer.concat([withChecksum(block), Buffer.from(body), padding(body.length)]);
  };

  test.each<[string, string, Buffer]>([
    ['TAR_TRUNCATED', 'half a header', good.subarray(0, 300)],
    ['TAR_TRUNCATED', 'half a content', Buffer.concat([good, Buffer.from('ab')])],
    ['TAR_TRUNCATED', 'no padding', Buffer.concat([good, Buffer.from('abc')])],
    ['TAR_TRUNCATED', 'half a PAX header', meta('x', '9 uid=42\n').subarray(0, 515)],
    ['TAR_TRUNCATED', 'nothing after a PAX header', meta('x', '9 uid=42\n')],
    ['TAR_CHECKSUM', 'a flipped bit', Buffer.from(good).fill('b', 0, 1)],
    ['TAR_CHECKSUM', 'not a tar at all', Buffer.alloc(512, '7')],
    ['TAR_NUMBER', 'a size of letters', patched(124, 'zzzzzzzzzzz')],
    ['TAR_NUMBER', 'a size of 2^80', patched(124, Buffer.from('80010000000000000000', 'hex'))],
    ['TAR_HEADER', 'a negative size', patched(124, Buffer.alloc(12, 0xff))],
    ['TAR_HEADER', 'an owner of -1', patched(108, Buffer.alloc(8, 0xff))],
    ['TAR_HEADER', 'no name', patched(0, Buffer.alloc(100))],
    ['TAR_HEADER', 'a symlink to nothing', patched(156, '2')],
    ['TAR_HEADER', 'a PAX header of gigabytes', meta('x', '', 2 ** 32)],
    ['TAR_HEADER', 'a GNU name of gigabytes', meta('L', '', 2 ** 32)],
    [
      'TAR_HEADER',
      'endless PAX headers',
      Buffer.concat(Array.from({ length: 20 }, () => meta('x', '9 uid=42\n'))),
    ],
    ['TAR_HEADER', 'a lone zero block', Buffer.concat([Buffer.alloc(512), good])],
    ['TAR_HEADER', 'a NUL in a PAX path', Buffer.concat([meta('x', '12 path=a\0b\n'), good])],
    ['TAR_PAX', 'a record longer than its header', Buffer.concat([meta('x', '99 uid=42\n'), good])],
    ['TAR_PAX', 'a record of length 0', Buffer.concat([meta('x', '0 uid=42\n'), good])],
    ['TAR_PAX', 'a record of negative length', Buffer.concat([meta('x', '-9 uid=4\n'), good])],
    ['TAR_PAX', 'a record without value', Buffer.concat([meta('x', '8 uid42\n'), good])],
    ['TAR_PAX', 'a record without keyword', Buffer.concat([meta('x', '6 =42\n'), good])],
    ['TAR_NUMBER', 'an uid that is not one', Buffer.concat([meta('x', '9 uid=-1\n'), good])],
    ['TAR_NUMBER', 'a size past 2^53', Buffer.concat([meta('x', '26 size=99999999999999999\n'), good])],
    ['TAR_SPARSE', 'a GNU sparse file', patched(156, 'S')],
    ['TAR_SPARSE', 'a PAX sparse file', Buffer.concat([meta('x', '22 GNU.sparse.major=1\n'), good])],
    ['TAR_UNSUPPORTED', 'a multi-volume part', patched(156, 'M')],
    ['TAR_UNSUPPORTED', 'an unknown type', patched(156, '~')],
  ])('%s: %s', async (code, _what, archive) => {
    await expect(tarEntries(archive)).rejects.toMatchObject({ code, exit: 4 });
  });

  test('TAR_TOO_MANY: more entries than allowed', async () => {
    const archive = await tarBytes([tarFile('a'), tarFile('b'), tarFile('c')]);
    const read = async (entries: number) => {
      for await (const entry of readTar(inChunks(archive), { entries })) void entry;
    };
    await expect(read(2)).rejects.toMatchObject({ code: 'TAR_TOO_MANY' });
    await read(3);
  });

  test('random bytes end in an error or an end, never in a hang or a crash', async () => {
    const archive = await tarBytes([tarFile('a', 'x'.repeat(600)), tarNode('directory', 'd', { uid: 3e6 })]);
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(255), async (at, byte) => {
        const broken = Buffer.from(archive);
        broken[at] = byte;
        await tarEntries(broken).catch((error: unknown) => expect(error).toMatchObject({ exit: 4 }));
      }),
    );
  });
});

function withChecksum(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((512 - (size % 512)) % 512);
}
