import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfiguration } from './configuration.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-configuration-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function read(text: string) {
  await writeFile(join(home, 'holdfast.yaml'), text);
  return readConfiguration(join(home, 'holdfast.yaml'));
}

test('none is one that says nothing', async () => {
  expect(await readConfiguration(join(home, 'holdfast.yaml'))).toEqual({
    allowUnlocked: [],
    advisories: {},
    holds: [],
    mirrors: [],
    plainHttp: [],
  });
});

test('paths are those from where it lies', async () => {
  expect((await read('remote: oci:blobs')).remote).toEqual({ kind: 'oci', directory: join(home, 'blobs') });
  const { mirrors } = await read(`mirrors:
  docker.io:
    - mirror.example.org/hub
    - location: cache.example.org:5000
      plain-http: true
      ca: certs/ca.pem
`);
  expect(mirrors).toEqual([
    {
      prefix: 'docker.io',
      mirrors: [
        { location: 'mirror.example.org/hub' },
        { location: 'cache.example.org:5000', plainHttp: true, ca: join(home, 'certs', 'ca.pem') },
      ],
    },
  ]);
});

test('hosts without TLS are named', async () => {
  expect((await read('plain-http: [registry.internal:5000]')).plainHttp).toEqual(['registry.internal:5000']);
});

test('a registry is named with or without docker://', async () => {
  const { remote } = await read('remote: registry.example.org/team/blobs');
  expect(remote).toMatchObject({ kind: 'docker', reference: { domain: 'registry.example.org' } });
  expect((await read('remote: docker://registry.example.org/team/blobs')).remote).toEqual(remote);
});

test.each([
  ['mirrors:\n  docker.io: mirror.example.org', 'CONFIGURATION_INVALID'],
  ['mirrors:\n  docker.io: []', 'CONFIGURATION_INVALID'],
  ['mirrors:\n  docker.io: [{location: m.example.org, insecure: true}]', 'CONFIGURATION_INVALID'],
  ['mirrors:\n  docker.io: ["https://m.example.org"]', 'MIRROR_INVALID'],
  ['remotes: x', 'CONFIGURATION_INVALID'],
  ['remote: [', 'CONFIGURATION_INVALID'],
])('%s is an error', async (text, code) => {
  await expect(read(text)).rejects.toMatchObject({ code, exit: 2 });
});

test('feeds are URLs, or paths from the file; so is the ledger', async () => {
  await writeFile(
    join(home, 'holdfast.yaml'),
    'advisories: {osv: [feeds/all.zip, "https://osv.test/all.zip"], npm: []}\nfirst-seen: .holdfast/seen.json\n',
  );
  expect(await readConfiguration(join(home, 'holdfast.yaml'))).toMatchObject({
    advisories: { osv: [join(home, 'feeds/all.zip'), 'https://osv.test/all.zip'], npm: [] },
    firstSeen: join(home, '.holdfast/seen.json'),
  });
});
