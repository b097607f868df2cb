import { expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { layerPairs } from './layer-pairs.ts';

/** A letter is a layer's content, and a digit after it the instruction. */
const shown = (a: string, b: string) => {
  const names = (text: string) => text.match(/[a-z]\d?/g) ?? [];
  const layers = (text: string) =>
    names(text).map(([content = '', step]) => ({ diffId: sha256(content), step }));
  return layerPairs(layers(a), layers(b))
    .map(({ from, to }) =>
      [from, to].map((n, of) => (n === undefined ? '-' : names(of ? b : a)[n]?.[0])).join(''),
    )
    .join(' ');
};

test.each([
  ['abc', 'abc', 'aa bb cc'],
  ['abc', 'axc', 'aa bx cc'],
  ['abc', 'xabc', '-x aa bb cc'],
  ['abcd', 'ad', 'aa b- c- dd'],
  ['abcd', 'axd', 'aa bx c- dd'],
  ['ab', 'cdab', '-c -d aa bb'],
  ['aab', 'ab', 'aa a- bb'],
  ['', 'ab', '-a -b'],
  ['ab', 'ba', 'a- bb -a'],
  ['a1b2c3', 'a1x9y2z3', 'aa -x by cz'],
  ['a1b2c3d4', 'a1y3d4', 'aa b- cy dd'],
])('%s beside %s', (a, b, pairs) => {
  expect(shown(a, b)).toBe(pairs);
});
