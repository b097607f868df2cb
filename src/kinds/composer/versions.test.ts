import { expect, test } from 'vitest';
import { releaseTime, versionsOf } from './versions.ts';

function minified(versions: readonly object[]) {
  return { minified: 'composer/2.0', packages: { 'v/n': versions } };
}

test('each version has what the one before it had, but for what it says', () => {
  const versions = versionsOf(
    minified([
      { name: 'v/n', version: '2.0', license: ['MIT'], bin: ['x'] },
      { version: '1.1', bin: '__unset' },
      {},
      { version: '1.0', license: null, bin: ['y'] },
    ]),
    'v/n',
  );
  expect(versions).toEqual([
    { name: 'v/n', version: '2.0', license: ['MIT'], bin: ['x'] },
    { name: 'v/n', version: '1.1', license: ['MIT'] },
    { name: 'v/n', version: '1.1', license: ['MIT'] },
    { name: 'v/n', version: '1.0', license: null, bin: ['y'] },
  ]);
});

test('a member named as JavaScript names a prototype is a member', () => {
  const document = JSON.parse(
    '{"minified":"composer/2.0","packages":{"v/n":[{"__proto__":{"x":1}},{}]}}',
  ) as object;
  const versions = versionsOf({ ...document }, 'v/n') ?? [];
  expect(versions.map(version => JSON.stringify(version))).toEqual(Array(2).fill('{"__proto__":{"x":1}}'));
  expect(versions.map(version => version['x'])).toEqual([undefined, undefined]);
});

test('what is in full stays, as a list and as an object', () => {
  const list = [{ version: '2.0', bin: '__unset' }, { version: '1.0' }];
  expect(versionsOf({ packages: { 'v/n': list } }, 'v/n')).toEqual(list);
  expect(versionsOf({ packages: { 'v/n': { '2.0': list[0], '1.0': list[1] } } }, 'v/n')).toEqual(list);
});

test.each([
  [{}],
  [{ packages: [] }],
  [{ packages: null }],
  [{ packages: { 'v/n': 'x' } }],
  [{ packages: { 'v/n': [1] } }],
  [{ packages: { 'v/n': [{}, null] } }],
  [{ packages: { 'v/other': [] } }],
  [minified(Array(20_001).fill({}))],
  [minified([Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [n, n])), ...Array(2000).fill({})])],
])('no versions of the package, or too many', document => {
  expect(versionsOf(document, 'v/n')).toBeUndefined();
  expect(versionsOf(document, 'constructor')).toBeUndefined();
});

test.each([
  ['2023-10-27T15:32:31+02:00', '2023-10-27T13:32:31.000Z'],
  ['2013-01-01 00:00:00', '2013-01-01T00:00:00.000Z'],
  ['yesterday', undefined],
  [null, undefined],
  [12, undefined],
])('time %j is %s', (time, expected) => {
  expect(releaseTime({ time })?.toISOString()).toBe(expected);
});
