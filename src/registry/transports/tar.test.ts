import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { tarOf } from './tar.ts';

const member = (name: string, text = '') => ({
  name,
  size: Buffer.byteLength(text),
  content: () => [Buffer.from(text)],
});

test('tar reads what is written', async () => {
  const archive = await buffer(tarOf([member('d/'), member('d/a', 'kelp'), member('b', 'x'.repeat(512))]));
  expect(archive.byteLength).toBe(512 * (1 + 2 + 2 + 2));
  const list = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc'], { input: archive });
  expect(list.toString().trim().split('\n')).toEqual([
    expect.stringMatching(/^drwxr-xr-x 0\/0 +0 1970-01-01 00:00 d\/$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 +4 1970-01-01 00:00 d\/a$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 +512 1970-01-01 00:00 b$/),
  ]);
  expect(execFileSync('tar', ['-xO', 'd/a'], { input: archive }).toString()).toBe('kelp');
});

test('a size past 8 GiB is one that tar reads', async () => {
  const size = 3 * 2 ** 33 + 5;
  const header = await tarOf([{ name: 'big', size, content: () => [] }]).next();
  const list = execFileSync('sh', ['-c', 'tar --list --verbose 2>/dev/null || true'], {
    input: header.value as Buffer,
  });
  expect(list.toString()).toContain(` ${size} `);
});

test('what would make a broken archive is thrown', async () => {
  await expect(buffer(tarOf([member('x'.repeat(101))]))).rejects.toThrow(RangeError);
  await expect(buffer(tarOf([{ ...member('a', 'kelp'), size: 5 }]))).rejects.toThrow(RangeError);
});
