import { expect, test } from 'vitest';
import { directoryUrl, urlPath } from './url-path.ts';

test.each([
  ['https://r.test/a/b%2Bc/d?x=1#y', ['a', 'b+c', 'd']],
  ['https://r.test//a/./b//c/', ['a', 'b', 'c', '']],
  ['https://r.test', ['']],
])('the segments of %s', (url, segments) => {
  expect(urlPath(url)).toEqual({ origin: 'https://r.test', segments });
});

test.each([
  'https://r.test/%zz',
  'https://r.test/a%2fb',
  'https://r.test/a%00b',
  'https://r.test/a%5c',
  'a b',
  '',
])('%j has none', url => expect(urlPath(url)).toBeUndefined());

test('a directory has one URL', () => {
  expect(directoryUrl('https://r.test:8443', ['a', 'b c'])).toBe('https://r.test:8443/a/b%20c/');
  expect(directoryUrl('https://r.test', [])).toBe('https://r.test/');
});
