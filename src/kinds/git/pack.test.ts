import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitRepository } from '../../../testkit/git/index.ts';
import { packedCommits } from './pack.ts';

let work: string;
const repositories = new Map<'sha1' | 'sha256', GitRepository>();

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'holdfast-git-pack-'));
  for (const format of ['sha1', 'sha256'] as const) {
    const repository = await GitRepository.create(join(work, format), {}, format);
    // Long messages that are much alike, so that commits become deltas of one another.
    for (let n = 10; n < 31; n++)
      await repository.commit({
        date: `2024-01-${n}T00:00:00Z`,
        message: `change ${n}\n\n${'The same long text for every one of them. '.repeat(40)}\n`,
        files: { [`file-${n}`]: 'x'.repeat(n), common: `${'line\n'.repeat(500)}${n}` },
      });
    await repository.tag('v1', 'main', { message: 'One', date: '2024-03-01T00:00:00Z' });
    repositories.set(format, repository);
  }
});

afterAll(() => rm(work, { recursive: true, force: true }));

async function packOf(repository: GitRepository, deltas: readonly string[]): Promise<Buffer> {
  const base = join(work, 'pack');
  const args = [
    'pack-objects',
    '-q',
    '--all',
    '--no-reuse-delta',
    '--window=50',
    '--depth=50',
    ...deltas,
    base,
  ];
  const name = (await repository.git(args)).trim();
  const path = `${base}-${name}.pack`;
  const described = await repository.git(['verify-pack', '-v', path]);
  if (!/^[0-9a-f]+ commit +\d+ \d+ \d+ \d+ [0-9a-f]+$/m.test(described))
    throw new Error('no commit became a delta: the test would show nothing');
  return readFile(path);
}

for (const format of ['sha1', 'sha256'] as const)
  test.each([
    ['by offset', ['--delta-base-offset']],
    ['by name', []],
  ])(`${format}: commits are found, whole or as deltas %s`, async (_, deltas) => {
    const repository = repositories.get(format)!;
    const pack = await packOf(repository, deltas);
    const listed = await repository.git(['rev-list', '--parents', '--all']);
    const expected = listed
      .trim()
      .split('\n')
      .map(line => line.split(' '))
      .map(([oid, ...parents]) => ({ oid, parents }));
    const found = packedCommits(pack);
    expect(expected).toHaveLength(21);
    expect(Array.isArray(found) && found.toSorted(byOid)).toEqual(expected.toSorted(byOid));
  });

const byOid = (a: { oid?: string | undefined }, b: { oid?: string | undefined }) =>
  (a.oid ?? '') < (b.oid ?? '') ? -1 : 1;

test('limits are kept', async () => {
  const pack = await packOf(repositories.get('sha1')!, []);
  const limits = { inflatedBytes: 1e9, objectBytes: 1e9 };
  expect(packedCommits(pack, { ...limits, inflatedBytes: 10_000 })).toBe('too large');
  expect(packedCommits(pack, { ...limits, objectBytes: 1000 })).toBe('too large');
});

test('a pack that is cut or altered is not read', async () => {
  const pack = await packOf(repositories.get('sha1')!, ['--delta-base-offset']);
  expect(packedCommits(pack.subarray(0, -1))).toBe('malformed');
  expect(packedCommits(Buffer.alloc(0))).toBe('malformed');
  const altered = Buffer.from(pack);
  altered[100] = (altered[100] ?? 0) ^ 1;
  expect(packedCommits(altered)).toBe('malformed');
});

test('a pack that is altered and sealed again gives an answer', async () => {
  const pack = await packOf(repositories.get('sha1')!, ['--delta-base-offset']);
  const change = fc.record({ at: fc.nat(3000), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
      const content = Buffer.from(pack.subarray(0, -20));
      for (const { at, value } of changes) content[12 + at] = value;
      const found = packedCommits(sealed(content));
      expect(found === 'malformed' || found === 'too large' || Array.isArray(found)).toBe(true);
    }),
  );
});

test('a small delta that makes much is stopped', () => {
  const base = Buffer.from(`tree ${'0'.repeat(40)}\n\n${'m'.repeat(53)}`);
  const packWith = (copies: number) => {
    // Each copies the whole of the base.
    const copy = Buffer.from([0x90, base.length]);
    const delta = [varint(base.length), varint(base.length * copies), ...Array(copies).fill(copy)];
    const first = packObject(1, base);
    const second = packObject(6, Buffer.concat(delta), Buffer.from([first.length]));
    return sealed(Buffer.concat([Buffer.from('5041434b0000000200000002', 'hex'), first, second]));
  };
  expect(packedCommits(packWith(10))).toHaveLength(2);
  expect(packedCommits(packWith(65_000))).toBe('malformed');
});

function sealed(content: Buffer): Buffer {
  return Buffer.concat([content, createHash('sha1').update(content).digest()]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

function packObject(type: number, content: Buffer, base = Buffer.alloc(0)): Buffer {
  const rest = Math.floor(content.length / 16);
  const first = (type << 4) | (content.length % 16) | (rest > 0 ? 128 : 0);
  return Buffer.concat([
    Buffer.from([first]),
    rest > 0 ? varint(rest) : Buffer.alloc(0),
    base,
    deflateSync(content),
  ]);
}
