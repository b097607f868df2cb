import { describe, expect, test } from 'vitest';
import { mirroredReferences, parseLocation } from './mirrors.ts';
import { formatReference, parseReference } from './reference.ts';

const rules = [
  {
    prefix: 'docker.io',
    mirrors: [{ location: 'hub.example.org' }, { location: 'cache.internal:5000/hub' }],
  },
  { prefix: 'docker.io/library', mirrors: [{ location: 'official.example.org/debian-like' }] },
  { prefix: 'ghcr.io/kelp/one', mirrors: [{ location: 'r.example.org/two' }] },
];
const mirrored = (text: string) => mirroredReferences(parseReference(text), rules).map(formatReference);

describe('an image is looked for', () => {
  test('in the mirrors of the longest prefix, in their order', () => {
    expect(mirrored('kelp/app:1')).toEqual([
      'hub.example.org/kelp/app:1',
      'cache.internal:5000/hub/kelp/app:1',
    ]);
    expect(mirrored('debian:bookworm')).toEqual(['official.example.org/debian-like/debian:bookworm']);
  });

  test('by tag and digest alike', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(mirrored(`ghcr.io/kelp/one:2@${digest}`)).toEqual([`r.example.org/two:2@${digest}`]);
  });

  test('nowhere else where no prefix is a whole part of its name', () => {
    expect(mirrored('ghcr.io/kelp/onetwo:2')).toEqual([]);
    expect(mirrored('quay.io/kelp/app')).toEqual([]);
  });
});

test('a location is a host and a path', () => {
  for (const text of [
    'docker.io',
    'r.example.org:5000',
    'r.example.org/a/b',
    'localhost:5000',
    '127.0.0.1:1/x',
  ])
    expect(parseLocation(text)).toBe(text);
  expect(parseLocation('r.example.org/')).toBe('r.example.org');
  for (const text of [
    'https://r.example.org',
    'r.example.org/a:1',
    'mirror',
    '',
    'r.example.org/A',
    'a b.org',
  ])
    expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code: 'MIRROR_INVALID' }));
});
