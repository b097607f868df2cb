// The kinds of content that the distribution specification's conformance suite gives to registries, taken through
// copies: bytes stay as they are, and nothing that a manifest names is lost or asked of the wrong place.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StrictRegistry } from '../../../testkit/registry/index.ts';
import { openCopier, type Copier } from '../testing/copying.ts';
import { noDockerRegistry, startDockerRegistry, type DockerRegistry } from '../testing/docker-registry.ts';
import { LayoutWriter } from '../testing/layout-writer.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

let root: string;
let layout: LayoutWriter;
let copier: Copier;
let strict: [StrictRegistry, StrictRegistry];
let docker: DockerRegistry | undefined;
const digests = new Map<string, string>();
const nameOf = (kind: string) => kind.replaceAll(/\W+/g, '-');
const from = (kind: string) => `oci:${root}/images:${nameOf(kind)}`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-kinds-test-'));
  layout = await LayoutWriter.begin(join(root, 'images'));
  copier = await openCopier();
  strict = [await StrictRegistry.start(), await StrictRegistry.start()];
  docker = noDockerRegistry === undefined ? await startDockerRegistry() : undefined;
  const kind = async (name: string, made: ReturnType<LayoutWriter['image']>) => {
    const manifest = await made;
    await layout.name(nameOf(name), manifest);
    digests.set(name, manifest.digest);
  };
  const config = await layout.blob(Buffer.from('{"made":"up"}'), 'application/vnd.example.config+json');
  const layer = await layout.blob(Buffer.from('a layer'), layerType);
  const image = (members: object) =>
    layout.manifest({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer], ...members });
  const [one, other] = [await layout.image(['one']), await layout.image(['other'])];
  const inner = await layout.index([{ ...other, platform: arm64 }]);

  await kind('an index in an index', layout.index([{ ...one, platform: amd64 }, inner]));
  const twice = [
    { ...one, platform: amd64 },
    { ...one, platform: arm64 },
  ];
  await kind('one image under two platforms', layout.index(twice));
  const things = [
    await layout.artifact('application/vnd.example.a', ['a']),
    await layout.artifact('application/vnd.example.b', []),
  ];
  const list = { artifactType: 'application/vnd.example.list', annotations: { kelp: 'forest' } };
  await kind('an index of artifacts', layout.index(things, 'oci', list));
  const subject = { mediaType: manifestType, digest: `sha256:${'e'.repeat(64)}`, size: 123 };
  await kind('a subject that is nowhere', image({ subject, artifactType: 'application/vnd.example.a' }));
  await kind('an index about a subject', layout.index([one], 'oci', { subject: other }));
  const empty = await layout.blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  await kind('data in a descriptor', image({ config: { ...empty, data: 'e30=' } }));
  await kind('members that nobody knows', image({ kelp: ['forest', 1.0, null], forest: 'kelp' }));
  const nothing = await layout.blob(Buffer.alloc(0), layerType);
  await kind('a blob of no bytes', image({ layers: [nothing, layer, nothing] }));
  const kept = { ...layer, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar' };
  await kind('a layer that may not be passed on, and lies nowhere else', image({ layers: [kept] }));
  const urls = [`https://layers.example.org/${'d'.repeat(64)}`];
  const foreign = [
    { ...kept, mediaType: `${kept.mediaType}+gzip`, digest: `sha256:${'d'.repeat(64)}`, size: 123_456, urls },
    { ...kept, digest: `sha256:${'c'.repeat(64)}`, size: 12_345, urls },
    layer,
  ];
  await kind('layers that lie elsewhere', image({ layers: foreign }));
  const layers = Array.from({ length: 60 }, (_, n) => layout.blob(Buffer.from(`layer ${n}`), layerType));
  await kind('many layers', image({ layers: await Promise.all(layers) }));
  const known = await layout.blob(Buffer.from('elsewhere, too'), layerType);
  await kind('a layer that lies elsewhere, too', image({ layers: [{ ...known, urls }] }));
});
afterAll(async () => {
  await Promise.all([...strict.map(one => one.close()), docker?.stop(), copier.close()]);
  await rm(root, { recursive: true, force: true });
});

test.each([
  'an index in an index',
  'one image under two platforms',
  'an index of artifacts',
  'a subject that is nowhere',
  'an index about a subject',
  'data in a descriptor',
  'members that nobody knows',
  'a blob of no bytes',
  'a layer that may not be passed on, and lies nowhere else',
  'layers that lie elsewhere',
  'many layers',
  'a layer that lies elsewhere, too',
])('%s', async kind => {
  const name = nameOf(kind);
  const [one, two] = strict;
  const between = docker === undefined ? [] : [`docker://${docker.domain}/${name}:1`];
  const places = [
    from(kind),
    `docker://${one.domain}/${name}:1`,
    ...between,
    `docker://${two.domain}/${name}:1`,
    `oci-archive:${root}/${name}.tar:1`,
    `dir:${root}/${name}.dir`,
    `oci:${root}/${name}:1`,
  ];
  for (const [n, place] of places.entries()) {
    const before = places[n - 1];
    if (before !== undefined)
      expect(await copier.copy(before, place), place).toMatchObject({ digest: digests.get(kind) });
  }
  const [first, last] = [one, two].map(registry => registry.repository(name));
  expect([...(last?.blobs.keys() ?? [])].toSorted()).toEqual([...(first?.blobs.keys() ?? [])].toSorted());
  expect([...(last?.manifests.keys() ?? [])].toSorted()).toEqual(
    [...(first?.manifests.keys() ?? [])].toSorted(),
  );
  expect([...one.violations, ...two.violations]).toEqual([]);
});

test('an index that lacks an image', async () => {
  const [{ domain }] = strict;
  const sparse = await StrictRegistry.start({ sparse: true });
  try {
    const missing = { mediaType: manifestType, digest: `sha256:${'b'.repeat(64)}`, size: 1024 };
    const one = await layout.image(['one']);
    await layout.name(
      'sparse',
      await layout.index([
        { ...one, platform: amd64 },
        { ...missing, platform: arm64 },
      ]),
    );
    const options = { selection: { kind: 'index-only' } } as const;
    const there = `docker://${sparse.domain}/sparse:1`;
    await copier.copy(from('sparse'), there, options);
    await expect(copier.copy(there, `docker://${domain}/sparse:1`)).rejects.toMatchObject({
      code: 'REGISTRY_UNKNOWN',
      exit: 5,
      message: expect.stringContaining('sparse'),
    });
    await expect(copier.copy(from('sparse'), `docker://${domain}/sparse:1`)).rejects.toMatchObject({
      code: 'OCI_LAYOUT_BLOB',
    });
    const platform = { selection: { kind: 'platforms', platforms: [amd64] } } as const;
    expect(await copier.copy(from('sparse'), `docker://${domain}/sparse:1`, platform)).toMatchObject({
      digest: one.digest,
    });
  } finally {
    await sparse.close();
  }
});
