import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recognised as of, rootOfTexts } from '../testing.ts';
import { cpan } from './index.ts';

const recognised = async (url: string, body: Buffer | string = 'x', status = 200, method = 'GET') =>
  (await of(cpan, [{ url, body, status, method }]))[0];

const authors = 'https://cpan.test/mirror/authors/id';

describe('a distribution', () => {
  it.each([
    ['E/ET/ETHER/Moose-2.2207.tar.gz', 'Moose', '2.2207'],
    ['O/OA/OALDERS/libwww-perl-6.77.tar.gz', 'libwww-perl', '6.77'],
    ['H/HM/HMBRAND/Text-CSV_XS-1.53.tgz', 'Text-CSV_XS', '1.53'],
    ['A/AB/ABC/sub/dir/Foo-v1.2.3_01.zip', 'Foo', 'v1.2.3_01'],
    ['A/AB/ABC/Foo-2-Bar-1.0-TRIAL2.tar.bz2', 'Foo-2-Bar', '1.0-TRIAL2'],
  ])('%s is %s %s', async (path, name, version) => {
    expect(await recognised(`${authors}/${path}`)).toEqual({ class: 'artefact', name, version });
  });

  it.each([
    'E/ET/OTHER/Moose-2.2207.tar.gz',
    'E/XX/XXYZ/Moose-2.2207.tar.gz',
    'E/ET/ETHER/Moose.tar.gz',
    'E/ET/ETHER/Moose-2.2207.readme',
    'E/ET/ETHER/',
    'E/ET/ETHER/%zz-1.0.tar.gz',
    'E/ET/ETHER/a%2fb-1.0.tar.gz',
    `E/ET/ETHER/${'a-'.repeat(5000)}1.tar.gz`,
  ])('%s is left', async path => expect(await recognised(`${authors}/${path}`)).toBeUndefined());

  it('that is elsewhere or not there is an index’s word', async () => {
    const url = `${authors}/E/ET/ETHER/Moose-2.2207.tar.gz`;
    expect(await recognised(url, 'x', 404)).toEqual({ class: 'index' });
    expect(await recognised(url, 'x', 302)).toEqual({ class: 'index' });
    expect(await recognised(`${authors}/E/ET/ETHER/Moose.tar.gz`, 'x', 302)).toBeUndefined();
    expect(await recognised(url, 'x', 200, 'POST')).toBeUndefined();
  });
});

describe('an index', () => {
  const url = 'https://cpan.test/mirror/modules/02packages.details.txt.gz';

  it('stands for its archive, with its date', async () => {
    const text = 'File: 02packages.details.txt\nLast-Updated: Sat, 01 Jun 2024 12:00:00 GMT\n\nMoose 2 x\n';
    const archive = { url: 'https://cpan.test/mirror/', suite: '-', date: '2024-06-01T12:00:00Z' };
    expect(await recognised(url, gzipSync(text))).toEqual({ class: 'index', archive });
  });

  it.each([
    ['without a date', gzipSync('File: x\n\nLast-Updated: Sat, 01 Jun 2024 12:00:00 GMT\n')],
    ['with a strange one', gzipSync('Last-Updated: whenever\n\n')],
    ['damaged', 'damaged'],
  ])('%s is none', async (_, body) => {
    expect(await recognised(url, body)).toBeUndefined();
  });

  it('may be absent', async () => {
    expect(await recognised(url, 'x', 404)).toEqual({ class: 'index' });
    expect(await recognised(`${authors}/E/ET/ETHER/CHECKSUMS`)).toEqual({ class: 'index' });
  });
});

it('what cpanm installed is read from its records', () => {
  const files = {
    'usr/local/lib/x86_64-linux-gnu/perl/5.36.0/.meta/Moose-2.2207/install.json': '{}',
    'usr/local/lib/perl5/site_perl/5.38.2/x86_64-linux/.meta/libwww-perl-6.77/install.json': '{}',
    'usr/local/lib/perl5/site_perl/5.38.2/x86_64-linux/.meta/Half-1.0/MYMETA.json': '{}',
    'usr/local/lib/perl5/site_perl/5.38.2/x86_64-linux/.meta/noversion/install.json': '{}',
  };
  const [first, second] = Object.keys(files);
  expect(cpan.installed?.(rootOfTexts(files))).toEqual([
    { name: 'Moose', version: '2.2207', from: first },
    { name: 'libwww-perl', version: '6.77', from: second },
  ]);
});
