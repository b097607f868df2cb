import { expect, test } from 'vitest';
import { canonicalSections } from './canonical-lines.ts';

test('sections in the form in which they are written, and what stands before them', () => {
  const text =
    'version: 1\n\napt:\n  - {name: "a", size: 1}\n\nfile:\n  - {url: "x\\"}, {", list: ["a","b"]}\n';
  expect(canonicalSections(text)).toEqual({
    head: 'version: 1\n\n',
    sections: { apt: [{ name: 'a', size: 1 }], file: [{ url: 'x"}, {', list: ['a', 'b'] }] },
  });
});

test.each([
  'version: 1\n',
  'apt:\n  - {name: a}\n',
  'apt:\n  - {name: "a" , size: 1}\n',
  'apt:\n  - {name: "\\x"}\n',
  'apt:\n  - {size: 007}\n',
  'apt:\n  - {name: "a"} # comment\n',
  'apt: # comment\n  - {name: "a"}\n',
  'apt:\n- {name: "a"}\n',
])('%j has another form', text => {
  expect(canonicalSections(text)).toBeUndefined();
});
