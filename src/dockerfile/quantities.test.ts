import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from './quantities.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['1ns', 1],
    ['1.5us', 1500],
    ['1µs', 1000],
    ['1h2m3s4ms', 3_723_004_000_000],
    ['.5s', 5e8],
    ['5.s', 5e9],
    ['-1s', -1e9],
    ['+1m30s', 90e9],
  ])('%s', (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
  });

  it.each(['', '5', 's', '1 s', '1S', '1d', '.s', '1..5s', '1e3s', '1'.repeat(60_000), `${'9'.repeat(30)}h`])(
    'not %.20s',
    text => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['10b', 10],
    ['2k', 2048],
    ['2KB', 2048],
    ['2KiB', 2048],
    ['1.5 M', 1_572_864],
    ['1g', 2 ** 30],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '-1', '1x', '1 kk', '1.k', 'k', '9999p'])('not %s', text => {
    expect(parseSize(text)).toBeUndefined();
  });
});
