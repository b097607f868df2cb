import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { writeTar, type LayerSource } from '../image/index.ts';
import { isPackageRecord, packageDifferences } from './recorded-packages.ts';

let reads = 0;
async function layer(files: Readonly<Record<string, string>>): Promise<LayerSource> {
  const facts = { target: Buffer.alloc(0), mode: 0o644, uid: 0, gid: 0, mtime: 0, device: undefined };
  const entries = Object.entries(files).map(([path, content]) => ({
    header: {
      ...facts,
      type: 'file' as const,
      path: Buffer.from(path),
      size: content.length,
      xattrs: new Map<string, Buffer>(),
    },
    body: [Buffer.from(content)],
  }));
  const bytes = await buffer(writeTar(entries));
  return {
    diffId: sha256(bytes),
    async *open() {
      reads++;
      yield await Promise.resolve(bytes);
    },
  };
}

const status = (...packages: readonly string[]) =>
  packages
    .map(one => one.split(' '))
    .map(
      ([name, version]) =>
        `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n`,
    )
    .join('\n');
const wheel = (name: string, version: string) => ({
  [`usr/lib/python3/dist-packages/${name}-${version}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
  [`usr/lib/python3/dist-packages/${name}-${version}.dist-info/INSTALLER`]: 'pip\n',
});

test('by what is left of the layers, with whiteouts and opaque directories', async () => {
  const base = await layer({
    'var/lib/dpkg/status': status('curl 1', 'gone 1', 'same 1'),
    ...wheel('flask', '1.0'),
    'app/node_modules/old/package.json': '{"name":"old","version":"1.0.0"}',
  });
  const top = await layer({
    'var/lib/dpkg/status': status('curl 2', 'new 1', 'same 1'),
    'usr/lib/python3/dist-packages/.wh.flask-1.0.dist-info': '',
    ...wheel('flask', '2.0'),
    'app/node_modules/.wh..wh..opq': '',
    'app/node_modules/fresh/package.json': '{"name":"fresh","version":"2.0.0"}',
  });
  reads = 0;
  const found = await packageDifferences([base], [base, top], expect.unreachable);
  expect(found.map(({ kind, name, from, to }) => `${kind} ${name} ${from.join()}>${to.join()}`)).toEqual([
    'apt curl 1>2',
    'apt gone 1>',
    'apt new >1',
    'pypi flask 1.0>2.0',
    'npm fresh >2.0.0',
    'npm old 1.0.0>',
  ]);
  expect(reads).toBe(2);
});

test('names of a hostile layer neither recurse nor multiply', async () => {
  const deep = await layer({ [`${'a/'.repeat(40_000)}package.json`]: '{}', '../../package.json': '{}' });
  expect(await packageDifferences([deep], [], expect.unreachable)).toEqual([]);
});

test('a record that cannot be read is told of, and the others count', async () => {
  const notes: string[] = [];
  const broken = await layer({ 'var/lib/dpkg/status': 'Package: x\nno field\n', ...wheel('flask', '2.0') });
  const found = await packageDifferences([], [broken], text => notes.push(text));
  expect(found.map(({ name }) => name)).toEqual(['flask']);
  expect(notes).toEqual([expect.stringMatching(/^packages of apt are not compared: /)]);
});

test('what is a record', () => {
  for (const path of [
    'var/lib/dpkg/status',
    'lib/apk/db/installed',
    'a/b-1.dist-info/METADATA',
    'x/package.json',
  ])
    expect(isPackageRecord(path)).toBe(true);
  expect(isPackageRecord('usr/bin/installed-by')).toBe(false);
});
