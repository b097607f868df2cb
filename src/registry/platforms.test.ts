import { expect, test } from 'vitest';
import { parsePlatform, sha256 } from '../core/index.ts';
import { pickPlatform } from './index.ts';

const entry = (text: string) => {
  const [os = '', architecture = '', variant] = text.split('/');
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return { mediaType: 'm', digest: sha256(text), size: 1, platform };
};

test.each([
  // wanted, what there is, picked
  ['linux/amd64', 'linux/arm64 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/amd64/v3 linux/amd64', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64 linux/amd64/v2', 'linux/amd64/v2'],
  ['linux/arm64', 'linux/arm64/v8', 'linux/arm64/v8'],
  ['linux/arm64/v8', 'linux/arm64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v5 linux/arm/v7 linux/arm/v6', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v5 linux/arm/v7', 'linux/arm/v5'],
  ['linux/amd64', 'unknown/unknown windows/amd64 linux/amd64', 'linux/amd64'],
  ['linux/amd64', 'linux/amd64 linux/amd64', 'linux/amd64'],
])('%s of %s is %s', (wanted, there, picked) => {
  const entries = there.split(' ').map(entry);
  expect(pickPlatform(entries, parsePlatform(wanted), 'x').digest).toBe(sha256(picked));
});

test.each([
  ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v7'],
  ['linux/s390x', 'linux/amd64 unknown/unknown linux/arm64/v8', 'it has linux/amd64, linux/arm64/v8'],
  ['linux/amd64', 'unknown/unknown', 'it has none that is named'],
])('%s of %s is refused', (wanted, there, said) => {
  expect(() => pickPlatform(there.split(' ').map(entry), parsePlatform(wanted), 'x')).toThrow(
    expect.objectContaining({ code: 'REGISTRY_NO_PLATFORM', message: expect.stringContaining(said) }),
  );
});

test('the only entry may do without a platform', () => {
  const only = { mediaType: 'm', digest: sha256('only'), size: 1 };
  expect(pickPlatform([only], parsePlatform('linux/amd64'), 'x')).toBe(only);
  expect(() => pickPlatform([only, only], parsePlatform('linux/amd64'), 'x')).toThrow('has no image');
});
