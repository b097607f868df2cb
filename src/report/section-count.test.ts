import { expect, it } from 'vitest';
import { sectionCount } from './section-count.ts';

it.each([
  ['archives', 1, '1 archive'],
  ['image', 2, '2 images'],
  ['apt', 1, '1 apt package'],
  ['npm', 55, '55 npm packages'],
  ['git', 2, '2 git commits'],
  ['unlocked', 1, '1 unlocked'],
] as const)('inputs of the section %s: %i', (section, count, text) => {
  expect(sectionCount(section, count)).toBe(text);
});
