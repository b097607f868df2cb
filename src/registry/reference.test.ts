import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import {
  familiarReference,
  formatReference,
  parseReference,
  tagOrDigest,
  withDefaultTag,
  type Reference,
} from './index.ts';

const digest = sha256('kelp');
const hex = digest.slice(7);

describe('a reference that is one', () => {
  test.each([
    // text, domain, path, tag, familiar
    ['debian', 'docker.io', 'library/debian', undefined, 'debian'],
    ['debian:12', 'docker.io', 'library/debian', '12', 'debian:12'],
    ['library/debian', 'docker.io', 'library/debian', undefined, 'debian'],
    ['team/app:v1.0_2-x', 'docker.io', 'team/app', 'v1.0_2-x', 'team/app:v1.0_2-x'],
    ['index.docker.io/debian', 'docker.io', 'library/debian', undefined, 'debian'],
    ['docker.io/debian', 'docker.io', 'library/debian', undefined, 'debian'],
    ['docker.io/library/a/b', 'docker.io', 'library/a/b', undefined, 'library/a/b'],
    ['docker.io/localhost/app', 'docker.io', 'localhost/app', undefined, 'docker.io/localhost/app'],
    ['docker.io/a.b/app', 'docker.io', 'a.b/app', undefined, 'docker.io/a.b/app'],
    ['localhost/app', 'localhost', 'app', undefined, 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000', 'app', '1', 'localhost:5000/app:1'],
    ['app:5000', 'docker.io', 'library/app', '5000', 'app:5000'],
    ['UPPER/app', 'UPPER', 'app', undefined, 'UPPER/app'],
    ['[::1]:5000/app', '[::1]:5000', 'app', undefined, '[::1]:5000/app'],
    ['127.0.0.1:5000/a/b/c', '127.0.0.1:5000', 'a/b/c', undefined, '127.0.0.1:5000/a/b/c'],
    ['r.example.org/a__b/c.d/e---f', 'r.example.org', 'a__b/c.d/e---f', undefined, undefined],
    [`${hex}a`, 'docker.io', `library/${hex}a`, undefined, undefined],
  ])('%s', (text, domain, path, tag, familiar) => {
    const reference = parseReference(text);
    expect(reference).toEqual({ domain, path, ...(tag ? { tag } : {}) });
    expect(familiarReference(reference)).toBe(familiar ?? text);
  });

  test('may have a digest, with or without a tag', () => {
    expect(parseReference(`debian@${digest}`)).toEqual({
      domain: 'docker.io',
      path: 'library/debian',
      digest,
    });
    const both = parseReference(`r.example.org:443/debian:12@${digest}`);
    expect(both).toEqual({ domain: 'r.example.org:443', path: 'debian', tag: '12', digest });
    expect(tagOrDigest(both)).toBe(digest);
    expect(formatReference(both)).toBe(`r.example.org:443/debian:12@${digest}`);
  });

  test('means latest only where nothing else is said', () => {
    expect(withDefaultTag(parseReference('debian')).tag).toBe('latest');
    expect(withDefaultTag(parseReference(`debian@${digest}`)).tag).toBeUndefined();
  });
});

test.each([
  '',
  ':tag',
  '@sha256:ab',
  'Debian',
  'debian:',
  'debian:-x',
  `debian:${'x'.repeat(129)}`,
  'debian@',
  `debian@sha512:${'a'.repeat(128)}`,
  `debian@${digest.toUpperCase()}`,
  `debian@${digest}@${digest}`,
  hex,
  'a//b',
  '/a',
  'a/',
  '-a',
  'a-',
  'a___b',
  'a..b',
  'a b',
  'a\n',
  'r.example.org/A',
  '-r.example.org/a',
  'r_x.example.org/a',
  'r.example.org:x/a',
  'user:pw@r.example.org/a',
  'https://r.example.org/a',
  '[::1/a',
  `r.example.org/${'a'.repeat(256)}`,
])('%j is refused with REFERENCE_INVALID', text => {
  expect(() => parseReference(text)).toThrow(
    expect.objectContaining({ code: 'REFERENCE_INVALID', exit: 2, next: expect.any(String) }),
  );
});

const references: fc.Arbitrary<Reference> = fc.record(
  {
    domain: fc.constantFrom('docker.io', 'localhost', 'r.example.org:5000', '[fe80::1]', 'A.example.org'),
    path: fc.stringMatching(/^[a-z0-9]{1,4}(?:[._/-][a-z0-9]{1,4}){0,4}$/),
    tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
    digest: fc.string().map(sha256),
  },
  { requiredKeys: ['domain', 'path'] },
);

test('both texts of a reference read back as the same reference', () => {
  fc.assert(
    fc.property(references, given => {
      // A one-component path on docker.io cannot be written; it means library/.
      const official = given.domain === 'docker.io' && !given.path.includes('/');
      const reference = official ? { ...given, path: `library/${given.path}` } : given;
      expect(parseReference(formatReference(reference))).toEqual(reference);
      expect(parseReference(familiarReference(reference))).toEqual(reference);
    }),
  );
});

test('any text is read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('aA1./:@_-[] ')) }), text => {
      try {
        const reference = parseReference(text);
        expect(parseReference(formatReference(reference))).toEqual(reference);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
      }
    }),
  );
});
