import { expect, test } from 'vitest';
import { registryBase } from './urls.ts';

test.each([
  ['https://npm.test/name', 'https://npm.test/'],
  ['https://npm.test/@scope/name', 'https://npm.test/'],
  ['https://npm.test/@scope%2fname', 'https://npm.test/'],
  ['https://npm.test/repository/npm/@scope%2Fname', 'https://npm.test/repository/npm/'],
  ['https://npm.test/repository/npm/name', 'https://npm.test/repository/npm/'],
  ['https://npm.test/', undefined],
  ['https://npm.test/name?write=true', undefined],
])('%s is of the registry %s', (url, base) => {
  expect(registryBase(url)).toBe(base);
});
