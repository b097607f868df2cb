import { describe, expect, test } from 'vitest';
import { Candidates } from './candidates.ts';
import { movedAlone, statusRecords } from './moved-alone.ts';
import { isMovedSuite, movedSuiteClient, movedSuiteFiles } from './moved-suite.ts';
import { parsePackages } from './packages.ts';

type Fields = Readonly<Record<string, string>>;

const stanza = (name: string, version: string, fields: Fields = {}) =>
  Object.entries({ Package: name, Version: version, Architecture: 'all', ...fields })
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
const records = (...stanzas: string[]) => parsePackages(Buffer.from(stanzas.join('\n')), 'a test');
const offered = (...stanzas: string[]) =>
  new Candidates([{ origin: 'a', packages: records(...stanzas) }], 'amd64');
const system = (...stanzas: string[]) => ({
  installed: records(...stanzas),
  versions: new Map<string, string>(),
});

const moved = (...args: Parameters<typeof movedAlone>) =>
  movedAlone(...args)
    .map(({ record: { name, version } }) => `${name} ${version}`)
    .toSorted();

describe('what moves with a package', () => {
  test('is nothing where nothing needs it', () => {
    const fresh = offered(stanza('a', '2', { Depends: 'b (>= 1)' }), stanza('b', '2'), stanza('c', '2'));
    expect(moved(['a'], system(stanza('a', '1'), stanza('b', '1'), stanza('c', '1')), fresh)).toEqual([
      'a 2',
    ]);
  });

  test('is what it depends on in a version that is not there', () => {
    const fresh = offered(
      stanza('a', '2', { Depends: 'b (= 2), new | other' }),
      stanza('b', '2', { 'Pre-Depends': 'c (>> 1)' }),
      stanza('c', '2'),
      stanza('new', '7'),
    );
    const there = system(stanza('a', '1'), stanza('b', '1'), stanza('c', '1'));
    expect(moved(['a'], there, fresh)).toEqual(['a 2', 'b 2', 'c 2', 'new 7']);
  });

  test('is what is there and asked for the old one, and what it breaks', () => {
    const fresh = offered(
      stanza('lib', '2', { Breaks: 'old (<< 2)' }),
      stanza('tool', '2', { Depends: 'lib (= 2)' }),
      stanza('old', '2'),
      stanza('user', '2'),
    );
    const there = system(
      stanza('lib', '1'),
      stanza('tool', '1', { Depends: 'lib (= 1)' }),
      stanza('old', '1'),
      stanza('user', '1', { Depends: 'lib (>= 1)' }),
    );
    expect(moved(['lib'], there, fresh)).toEqual(['lib 2', 'old 2', 'tool 2']);
  });

  test('counts what another package provides, and what only the lock knows', () => {
    const fresh = offered(
      stanza('a', '2', { Depends: 'mta, known (>= 1)' }),
      stanza('known', '9'),
      stanza('mta', '9'),
    );
    const there = {
      ...system(stanza('post', '1', { Provides: 'mta' })),
      versions: new Map([
        ['a', '1'],
        ['known', '1'],
      ]),
    };
    expect(moved(['a'], there, fresh)).toEqual(['a 2']);
  });

  test('is empty where the archive has what is there; unknown names are an error', () => {
    expect(moved(['a'], system(stanza('a', '1')), offered(stanza('a', '1')))).toEqual([]);
    expect(() => moved(['gone'], system(stanza('gone', '1')), offered(stanza('a', '1')))).toThrow(
      expect.objectContaining({ code: 'APT_NOT_OFFERED' }),
    );
  });
});

test('of dpkg’s status what is installed counts', () => {
  const text = `${stanza('here', '1', { Status: 'install ok installed' })}\n${stanza('gone', '1', { Status: 'deinstall ok config-files' })}\nPackage: never\nStatus: unknown ok not-installed\n`;
  expect(statusRecords(text).map(({ name }) => name)).toEqual(['here']);
  expect(statusRecords('')).toEqual([]);
});

test('a suite of its own offers just these, and apt is told to take them', () => {
  const suite = {
    uri: 'http://deb.test:8080/debian/',
    architecture: 'amd64',
    date: new Date('2026-02-01T00:00:00Z'),
    packages: records(stanza('hello', '2~rc1', { Filename: 'pool/hello.deb' })),
  };
  const files = movedSuiteFiles(suite);
  expect(files.map(({ url, content }) => [url.slice(suite.uri.length), content === undefined])).toEqual([
    ['dists/holdfast-moved/InRelease', true],
    ['dists/holdfast-moved/Release', false],
    ['dists/holdfast-moved/Release.gpg', true],
    ['dists/holdfast-moved/main/binary-amd64/Packages', false],
  ]);
  const made = files.flatMap(({ url, content }) =>
    isMovedSuite(url) && content !== undefined ? [{ url, body: Buffer.from(content) }] : [],
  );
  const laid = new Map(movedSuiteClient(made).map(({ path, content }) => [path, content]));
  expect(laid.get('/etc/apt/sources.list.d/holdfast-moved.sources')).toContain(
    'URIs: http://deb.test:8080/debian/\n',
  );
  expect(laid.get('/etc/apt/preferences.d/holdfast-moved.pref')).toBe(
    'Package: hello\nPin: version 2~rc1\nPin-Priority: 999\n',
  );
  expect([...laid.keys()]).toContain(
    '/var/lib/apt/lists/deb.test:8080_debian_dists_holdfast-moved_main_binary-amd64_Packages',
  );
  expect(movedSuiteClient([])).toEqual([]);
  expect(isMovedSuite('http://deb.test/dists/stable/Release')).toBe(false);
});
