import { expect, test } from 'vitest';
import { rootOfTexts } from '../testing.ts';
import { pypi } from './index.ts';

function installed(files: Readonly<Record<string, string>>) {
  return pypi.installed?.(rootOfTexts(files)).map(({ name, version, from }) => `${name} ${version} ${from}`);
}

function distInfo(directory: string, name: string, version: string, more: Record<string, string> = {}) {
  const info = `${directory}/${name}-${version}.dist-info`;
  const files = {
    METADATA: `Metadata-Version: 2.1\r\nName: ${name}\r\nVersion: ${version}\r\n\r\nName: not-this\n`,
    INSTALLER: 'pip\n',
    ...more,
  };
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [`${info}/${file}`, text]));
}

test.each([
  'usr/lib/python3/dist-packages',
  'usr/local/lib/python3.11/dist-packages',
  'usr/local/lib/python3.13/site-packages',
  'usr/lib64/python3.9/site-packages',
  'opt/venv/lib/python3.12/site-packages',
  'opt/corp/app/lib/python3.12/site-packages',
  'app/.venv/lib/python3.12/site-packages',
  'venv/lib/python3.13t/site-packages',
  'root/.local/lib/python3.11/site-packages',
  'home/web/.local/lib/python3.11/site-packages',
  'usr/src/app/.venv/lib/pypy3.10/site-packages',
  'var/www/venv/lib/python3.11/site-packages',
])('%s is looked at', directory => {
  expect(installed(distInfo(directory, 'Foo_Bar', '1.0.RC1'))).toEqual([
    `foo-bar 1.0rc1 ${directory}/Foo_Bar-1.0.RC1.dist-info/METADATA`,
  ]);
});

const site = 'usr/lib/python3.12/site-packages';

test.each<[string, Record<string, string>]>([
  ['the distribution says so', { INSTALLER: 'rpm\n' }],
  ['nobody says so', { INSTALLER: '' }],
  ['it is a directory of the build context', { 'direct_url.json': '{"url":"file:///src","dir_info":{}}' }],
  ['it is a commit', { 'direct_url.json': '{"url":"https://git.test/a","vcs_info":{"vcs":"git"}}' }],
  ['it is a file of the context', { 'direct_url.json': '{"url":"file:///a.whl","archive_info":{}}' }],
  ['its origin is nonsense', { 'direct_url.json': '{' }],
  ['it does not say what it is', { METADATA: 'Name: foo\n\nVersion: 1' }],
])('not where %s', (_why, more) => expect(installed(distInfo(site, 'foo', '1.0', more))).toEqual([]));

test('a wheel by its URL counts', () => {
  const more = { 'direct_url.json': '{"url":"https://a.test/foo-1.0-py3-none-any.whl","archive_info":{}}' };
  expect(installed(distInfo(site, 'foo', '1.0', more))).toHaveLength(1);
});

test('what came with the interpreter does not, until it is changed', () => {
  const bundle = { 'usr/share/python-wheels/pip-23.0.1-py3-none-any.whl': '' };
  const venv = 'opt/venv/lib/python3.11/site-packages';
  expect(installed({ ...bundle, ...distInfo(venv, 'pip', '23.0.1') })).toEqual([]);
  expect(installed({ ...bundle, ...distInfo(venv, 'pip', '24.0') })).toHaveLength(1);
});

test('a virtual environment is looked at once, though its lib64 is its lib', () => {
  const both = ['lib', 'lib64'].flatMap(lib =>
    Object.entries(distInfo(`opt/venv/${lib}/python3.11/site-packages`, 'foo', '1.0')),
  );
  expect(installed(Object.fromEntries(both))).toHaveLength(1);
});

test('what pip had setup.py install', () => {
  const info = `${site}/foo-1.0-py3.12.egg-info`;
  const text = 'Metadata-Version: 1.0\nName: foo\nVersion: 1.0\n';
  expect(installed({ [`${info}/PKG-INFO`]: text })).toEqual([]);
  expect(installed({ [`${info}/PKG-INFO`]: text, [`${info}/installed-files.txt`]: '' })).toHaveLength(1);
});
