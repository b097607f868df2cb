import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCopySource, parseCopyPlace } from '../../registry/index.ts';
import { LayoutWriter } from '../../registry/testing/layout-writer.ts';
import { sameImage } from './same-image.ts';

interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
interface Manifest {
  readonly mediaType: string;
  readonly config: Described;
  readonly layers: readonly Described[];
}

let root: string;
let layout: LayoutWriter;
let image: Described;
let manifest: Manifest;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-identity-test-'));
  layout = await LayoutWriter.begin(root);
  image = await layout.image(['one', 'two']);
  manifest = JSON.parse((await blob(image)).toString()) as Manifest;
  await layout.name('image', image);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const file = ({ digest }: Described) => join(root, 'blobs', ...digest.split(':'));
const blob = (described: Described) => readFile(file(described));
const place = (tag: string) =>
  openCopySource(parseCopyPlace(`oci:${root}:${tag}`), {
    client: () => Promise.reject(new Error('no registry is asked')),
    environment: {},
  });
const compare = async (a: string, b: string) => sameImage(await place(a), await place(b));
const named = async (tag: string, changes: object) =>
  layout.name(tag, await layout.manifest({ ...manifest, schemaVersion: 2, ...changes }));
const [oci, docker] = ['application/vnd.oci.image', 'application/vnd.docker'];

test('the same manifest', async () => {
  expect(await compare('image', 'image')).toMatchObject({
    same: true,
    reasons: [expect.stringContaining('byte for byte')],
  });
});

test('layers that were compressed again are decompressed and compared', async () => {
  const [first, second] = manifest.layers as [Described, Described];
  const again = await layout.blob(gzipSync(gunzipSync(await blob(first)), { level: 0 }), first.mediaType);
  const plain = await layout.blob(gunzipSync(await blob(second)), `${oci}.layer.v1.tar`);
  await named('again', { layers: [again, plain] });
  const identity = await compare('image', 'again');
  expect(identity.same).toBe(true);
  const [platform] = identity.platforms;
  expect(platform).toMatchObject({ platform: 'linux/amd64', same: true });
  expect(platform?.reasons).toEqual([
    expect.stringContaining('layer 0 was compressed differently: gzip again'),
    expect.stringContaining('layer 1 was compressed differently: gzip and none'),
  ]);
  expect(platform?.layers.map(({ a, b }) => a?.diffId === b?.diffId)).toEqual([true, true]);
});

test('a manifest of the other format', async () => {
  const type = (described: Described, mediaType: string) => ({ ...described, mediaType });
  await named('docker', {
    mediaType: `${docker}.distribution.manifest.v2+json`,
    config: type(manifest.config, `${docker}.container.image.v1+json`),
    layers: manifest.layers.map(layer => type(layer, `${docker}.image.rootfs.diff.tar.gzip`)),
  });
  expect(await compare('image', 'docker')).toMatchObject({
    same: true,
    platforms: [{ reasons: [expect.stringContaining('converted')], layers: [] }],
  });
});

test('one platform chosen out of an index, and indexes of the same images', async () => {
  const arm = await layout.image(['arm'], { architecture: 'arm64' });
  const entry = (described: Described, architecture: string) => ({
    ...described,
    platform: { os: 'linux', architecture },
  });
  const entries = [entry(image, 'amd64'), entry(arm, 'arm64')];
  await layout.name('index', await layout.index(entries));
  await layout.name('noted', await layout.index(entries, 'oci', { annotations: { a: 'b' } }));
  await layout.name('half', await layout.index(entries.slice(0, 1)));
  expect(await compare('index', 'image')).toMatchObject({
    same: true,
    reasons: [expect.stringMatching(/index is an index, .*image one image/)],
    platforms: [{ platform: 'linux/amd64', same: true }],
  });
  expect(await compare('index', 'noted')).toMatchObject({
    same: true,
    reasons: [expect.stringContaining('written')],
  });
  const half = await compare('index', 'half');
  expect(half.same).toBe(false);
  expect(half.platforms).toMatchObject([{ same: true }, { platform: 'linux/arm64', same: false }]);
  const only = async (architecture: string) =>
    sameImage(await place('index'), await place('half'), { os: 'linux', architecture });
  expect(await only('amd64')).toMatchObject({ same: true, a: { digest: image.digest } });
  await expect(only('arm64')).rejects.toMatchObject({ code: 'REGISTRY_NO_PLATFORM', exit: 5 });
});

test('another configuration is another image, and it is said in what', async () => {
  const config = JSON.parse((await blob(manifest.config)).toString()) as object;
  const changed = Buffer.from(
    JSON.stringify({ ...config, created: '2026-01-01T00:00:00Z', config: { User: 'kelp' } }),
  );
  await named('config', { config: await layout.blob(changed, manifest.config.mediaType) });
  expect(await compare('image', 'config')).toMatchObject({
    same: false,
    platforms: [{ reasons: ['the configurations differ in config.User, created'], layers: [] }],
  });
});

test('other files under the same configuration are a lie that the bytes tell', async () => {
  const [first, second] = manifest.layers as [Described, Described];
  const other = JSON.parse((await blob(await layout.image(['other']))).toString()) as Manifest;
  await named('lie', { layers: [other.layers[0], second] });
  const identity = await compare('image', 'lie');
  expect(identity).toMatchObject({ same: false, platforms: [{ reasons: ['layer 0 holds other files'] }] });
  await named('short', { layers: [first] });
  expect(await compare('image', 'short')).toMatchObject({ same: false });
});

test('both sides with other files than their configuration says are not the same', async () => {
  const other = JSON.parse((await blob(await layout.image(['other']))).toString()) as Manifest;
  const [lied] = other.layers as [Described];
  const again = await layout.blob(gzipSync(gunzipSync(await blob(lied)), { level: 0 }), lied.mediaType);
  const [, second] = manifest.layers;
  await named('lie-a', { layers: [lied, second] });
  await named('lie-b', { layers: [again, second] });
  expect(await compare('lie-a', 'lie-b')).toMatchObject({
    same: false,
    platforms: [{ reasons: ['layer 0 is not what the configuration says'] }],
  });
});

test('a layer whose compressed bytes are altered is an error, not an answer', async () => {
  const [first, second] = manifest.layers as [Described, Described];
  const bytes = gzipSync(gunzipSync(await blob(first)), { level: 1 });
  const again = await layout.blob(bytes, first.mediaType);
  await named('altered', { layers: [again, second] });
  await writeFile(file(again), Buffer.alloc(bytes.byteLength));
  await expect(compare('image', 'altered')).rejects.toMatchObject({
    code: 'REGISTRY_DIGEST_MISMATCH',
    exit: 4,
  });
});
