import { expect, test } from 'vitest';
import type { RootFiles } from '../root-files.ts';
import { rootOfTexts } from '../testing.ts';
import { npm } from './index.ts';

function installed(files: Readonly<Record<string, object | string>>): string[] {
  const found = npm.installed?.(rootOfTexts(files)) ?? [];
  return found.map(({ name, version }) => `${name}@${version}`).toSorted();
}

test('the places where images have their packages', () => {
  const places = [
    'usr/local/lib/node_modules',
    'usr/lib/node_modules',
    'node_modules',
    'app/node_modules',
    'srv/web/node_modules',
    'opt/tool/lib/node_modules',
    'home/user/project/node_modules',
    'root/.nvm/versions/node/v24.0.0/lib/node_modules',
    'usr/src/app/packages/web/node_modules',
    'workspace/node_modules',
  ];
  const files = Object.fromEntries(
    places.map((place, n) => [`${place}/p${n}/package.json`, { name: `p${n}`, version: '1.0.0' }]),
  );
  expect(installed(files)).toEqual(places.map((_, n) => `p${n}@1.0.0`));
});

test('scoped and nested packages, each version once, and where it says so', () => {
  const root = rootOfTexts({
    'app/node_modules/a/package.json': { name: 'a', version: '1.0.0' },
    'app/node_modules/a/node_modules/b/package.json': { name: 'b', version: '1.0.0' },
    'app/node_modules/@s/c/package.json': { name: '@s/c', version: 'v1.2.3+build' },
    'app/node_modules/@s/c/node_modules/b/package.json': { name: 'b', version: '1.0.0' },
    'app/node_modules/alias/package.json': { name: 'real', version: '2.0.0' },
    'app/node_modules/.bin/x': 'x',
  });
  expect(npm.installed?.(root)).toEqual([
    { name: '@s/c', version: '1.2.3', from: 'app/node_modules/@s/c/package.json' },
    { name: 'a', version: '1.0.0', from: 'app/node_modules/a/package.json' },
    { name: 'real', version: '2.0.0', from: 'app/node_modules/alias/package.json' },
    { name: 'b', version: '1.0.0', from: 'app/node_modules/a/node_modules/b/package.json' },
  ]);
});

test('what a package bundles is not a package of its own', () => {
  const modules = 'usr/local/lib/node_modules/tool';
  expect(
    installed({
      [`${modules}/package.json`]: {
        name: 'tool',
        version: '1.0.0',
        dependencies: { a: '1', other: '1' },
        bundleDependencies: ['a'],
      },
      [`${modules}/node_modules/a/package.json`]: { name: 'a', version: '1.0.0', dependencies: { b: '1' } },
      [`${modules}/node_modules/a/node_modules/c/package.json`]: { name: 'c', version: '1.0.0' },
      [`${modules}/node_modules/b/package.json`]: { name: 'b', version: '1.0.0', dependencies: { a: '1' } },
      [`${modules}/node_modules/other/package.json`]: { name: 'other', version: '1.0.0' },
    }),
  ).toEqual(['other@1.0.0', 'tool@1.0.0']);
});

test("what npm's record of the tree knows to be of no registry is left out", () => {
  const resolved = 'https://npm.test/x.tgz';
  const packages = {
    'node_modules/kept': { version: '1.0.0', resolved },
    'node_modules/linked': { resolved: 'packages/linked', link: true },
    'node_modules/cloned': { version: '1.0.0', resolved: 'git+ssh://git@forge.test/a/b.git#0123' },
    'node_modules/local': { version: '1.0.0', resolved: 'file:local.tgz' },
    'node_modules/kept/node_modules/inner': { version: '1.0.0', inBundle: true },
  };
  const manifests = Object.keys(packages).map(path => [
    `app/${path}/package.json`,
    { name: path.slice(path.lastIndexOf('/') + 1), version: '1.0.0' },
  ]);
  expect(
    installed({
      ...(Object.fromEntries(manifests) as Record<string, object>),
      'app/node_modules/.package-lock.json': { packages },
      'app/node_modules/work/package.json': { name: 'work', version: '1.0.0', private: true },
    }),
  ).toEqual(['kept@1.0.0']);
});

test("pnpm's store is read, and not what is linked to it or from elsewhere", () => {
  const store = 'srv/node_modules/.pnpm';
  expect(
    installed({
      'srv/node_modules/a/package.json': { name: 'a', version: '1.0.0' },
      'srv/node_modules/workspace/package.json': { name: 'workspace', version: '1.0.0' },
      [`${store}/a@1.0.0_b@2.0.0/node_modules/a/package.json`]: { name: 'a', version: '1.0.0' },
      [`${store}/a@1.0.0_b@2.0.0/node_modules/b/package.json`]: { name: 'b', version: '2.0.0' },
      [`${store}/@s+b@2.0.0/node_modules/@s/b/package.json`]: { name: '@s/b', version: '2.0.0' },
      [`${store}/local@file+..+local/node_modules/local/package.json`]: { name: 'local', version: '1.0.0' },
      [`${store}/lock.yaml`]: 'x',
    }),
  ).toEqual(['@s/b@2.0.0', 'a@1.0.0']);
});

test('odd files are no packages, and links in a circle come to an end', () => {
  expect(
    installed({
      'app/node_modules/a/package.json': '{',
      'app/node_modules/b/package.json': '[]',
      'app/node_modules/c/package.json': { name: 7, version: {} },
      'app/node_modules/d/package.json': { name: 'd', version: '' },
      'app/node_modules/e/package.json': { name: 'e', version: '1.0.0', bundleDependencies: { e: [] } },
      'app/node_modules/.package-lock.json': '{"packages":[null]}',
      'app/node_modules/README': 'x',
    }),
  ).toEqual(['e@1.0.0']);
  const list = (directory: string) =>
    directory === '' ? ['app'] : directory.endsWith('node_modules') ? ['a', 'b'] : ['node_modules'];
  const endless: RootFiles = {
    list,
    directories: list,
    read: path => (path.endsWith('package.json') ? Buffer.from('{"name":"a","version":"1.0.0"}') : undefined),
  };
  expect(npm.installed?.(endless)).toMatchObject([{ name: 'a', version: '1.0.0' }]);
});
