import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePlatform, sha256 } from '../../core/index.ts';
import { noCredentials, parseReference, RegistryClient } from '../../registry/index.ts';
import { Store } from '../../store/index.ts';
import { tagSource } from './tag-source.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

let server: Server;
let client: RegistryClient;
let store: Store;
let directory: string;
let name: string;

/** An index with an image for each of the platforms. */
const indexFor = (...platforms: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: platforms.map(text => ({
      mediaType: manifestType,
      digest: sha256(text),
      size: 1,
      platform: parsePlatform(text),
    })),
  });

const manifests: Readonly<Record<string, string>> = {
  '1.1': indexFor('linux/amd64', 'linux/arm64'),
  '1.2': indexFor('linux/amd64'),
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const body = manifests[/^\/v2\/team\/app\/manifests\/(.*)$/.exec(path)?.[1] ?? ''];
    if (path === '/v2/team/app/tags/list') response.end(JSON.stringify({ tags: ['1.0', '1.1', '1.2'] }));
    else if (body === undefined) response.writeHead(404).end('{}');
    else
      response.writeHead(200, { 'content-type': indexType, 'docker-content-digest': sha256(body) }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  directory = await mkdtemp(join(tmpdir(), 'holdfast-tags-'));
  store = await Store.open(join(directory, 'store'));
  name = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = await RegistryClient.open({
    env: {},
    homeDirectory: directory,
    credentials: noCredentials,
    plainHttp: [name],
  });
});
afterAll(async () => {
  await client.close();
  server.close();
  await rm(directory, { recursive: true });
});

const sourceOf = (text: string) =>
  tagSource(parseReference(text), {
    store,
    pull: false,
    registry: () => Promise.resolve(client),
    places: { placesOf: reference => [parseReference('127.0.0.1:1/team/app'), reference] },
  });

test('a registry’s tags, and the platforms of each; a mirror that is down is passed over', async () => {
  const source = await sourceOf(`${name}/team/app:1.0`);
  expect(await source.tags()).toEqual(['1.0', '1.1', '1.2']);
  const platforms = ['linux/amd64', 'linux/arm64'];
  expect(await source.lackingPlatforms('1.1', platforms)).toEqual([]);
  expect(await source.lackingPlatforms('1.2', platforms)).toEqual(['linux/arm64']);
  await expect(source.lackingPlatforms('9.9', platforms)).rejects.toMatchObject({ exit: 5 });
});

test('an image of the store has the tags of the store', async () => {
  const image = await store.put('{}');
  const [amd64, arm64] = ['linux/amd64', 'linux/arm64'].map(parsePlatform);
  await store.tag('team/base:1.0', { mediaType: manifestType, ...image, platform: amd64 });
  await store.tag('team/base:1.1', { mediaType: manifestType, ...image, platform: arm64 });
  await store.tag('team/other:1.2', { mediaType: manifestType, ...image, platform: amd64 });
  const source = await sourceOf('team/base:1.0');
  expect(await source.tags()).toEqual(['1.0', '1.1']);
  expect(await source.lackingPlatforms('1.1', ['linux/amd64'])).toEqual(['linux/amd64']);
  expect(await source.lackingPlatforms('1.1', ['linux/arm64'])).toEqual([]);
  expect(await source.lackingPlatforms('7.0', ['linux/arm64'])).toEqual(['linux/arm64']);
});
