import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FirstSeenLedger } from './first-seen.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-seen-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (date: string) => new Date(`${date}T00:00:00Z`);

test('what was seen once keeps its date; the file is the same for the same content', async () => {
  const path = join(root, 'deep', 'seen.json');
  const first = await FirstSeenLedger.open(path, at('2026-01-01'));
  expect(first.seen('file', 'https://f.test/x', 'b')).toBe('2026-01-01T00:00:00Z');
  expect(first.seen('file', 'https://f.test/x', 'a')).toBe('2026-01-01T00:00:00Z');
  await first.save();
  const text = await readFile(path, 'utf8');
  const second = await FirstSeenLedger.open(path, at('2026-02-01'));
  expect(second.seen('file', 'https://f.test/x', 'b')).toBe('2026-01-01T00:00:00Z');
  await second.save();
  expect(await readFile(path, 'utf8')).toBe(text);
  expect(second.seen('file', 'https://f.test/x', 'c')).toBe('2026-02-01T00:00:00Z');
});

test('a date that lies ahead is none, and what is no ledger is an empty one', async () => {
  const path = join(root, 'odd.json');
  await writeFile(path, '{"seen":{"image a b":"2030-01-01T00:00:00Z","image a c":7}}');
  const ledger = await FirstSeenLedger.open(path, at('2026-01-01'));
  expect(ledger.seen('image', 'a', 'b')).toBe('2026-01-01T00:00:00Z');
  await writeFile(path, 'not json');
  const other = await FirstSeenLedger.open(path, at('2026-01-02'));
  expect(other.seen('image', 'a', 'b')).toBe('2026-01-02T00:00:00Z');
});
