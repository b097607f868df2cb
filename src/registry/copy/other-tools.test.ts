// What is copied keeps its digest, whatever kind of image it is; skopeo and umoci read it, and the other way round.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noDockerRegistry, startDockerRegistry, type DockerRegistry } from '../testing/docker-registry.ts';
import { openCopier, type Copier } from '../testing/copying.ts';
import { LayoutWriter } from '../testing/layout-writer.ts';

const run = promisify(execFile);
const lacks = (program: string) => {
  const missing = spawnSync(program, ['--version']).error !== undefined;
  if (missing) console.log(`skipped: ${program} is not installed`);
  return missing;
};
const noSkopeo = lacks('skopeo');

let root: string;
let layout: LayoutWriter;
let one: DockerRegistry;
let two: DockerRegistry;
let copier: Copier;
const digests = new Map<string, string>();
const at = (name: string) => join(root, name);
const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
const skopeo = (...args: string[]) =>
  run('skopeo', ['--insecure-policy', ...args], { encoding: 'buffer', maxBuffer: 2 ** 24 });
const skopeoDigest = async (place: string) => {
  const tls = place.startsWith('docker://') ? ['--tls-verify=false'] : [];
  const { stdout } = await skopeo('inspect', '--raw', ...tls, place);
  return `sha256:${createHash('sha256').update(stdout).digest('hex')}`;
};

beforeAll(async () => {
  if (noDockerRegistry) return;
  root = await mkdtemp(join(tmpdir(), 'holdfast-copy-test-'));
  [one, two, copier] = await Promise.all([startDockerRegistry(), startDockerRegistry(), openCopier()]);
  layout = await LayoutWriter.begin(at('images'));
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const named = async (tag: string, made: ReturnType<LayoutWriter['image']>) => {
    const manifest = await made;
    await layout.name(tag, manifest);
    digests.set(tag, manifest.digest);
    return manifest;
  };
  const image = await named('oci', layout.image(['one', 'two']));
  await named('schema2', layout.image(['one', 'two'], { format: 'docker' }));
  await named('zstd', layout.image(['one', 'three'], { compression: 'zstd' }));
  await named('uncompressed', layout.image(['one', 'four'], { compression: 'none' }));
  await named('empty-layer', layout.image(['', 'five']));
  await named('no-layers', layout.image([]));
  await named('foreign', layout.image(['six'], { format: 'docker', foreign: { ...image, size: 1234 } }));
  const arm = await layout.image(['arm'], { architecture: 'arm64' });
  const attested = {
    'vnd.docker.reference.digest': image.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const claims = await layout.artifact('application/vnd.in-toto+json', ['{"_type":"statement"}']);
  const entries = [
    { ...image, platform: amd64 },
    { ...arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    { ...claims, platform: unknown, annotations: attested },
  ];
  await named('index', layout.index(entries));
  const docker = await layout.image(['seven'], { format: 'docker' });
  await named('list', layout.index([{ ...docker, platform: amd64 }], 'docker'));
  await named('artifact', layout.artifact('application/vnd.example.thing', []));
});
afterAll(async () => {
  if (noDockerRegistry) return;
  await Promise.all([one.stop(), two.stop(), copier.close()]);
  await rm(root, { recursive: true, force: true });
});

const kinds = [
  'oci',
  'schema2',
  'zstd',
  'uncompressed',
  'empty-layer',
  'no-layers',
  'foreign',
  'index',
  'list',
  'artifact',
];

describe.skipIf(noDockerRegistry)('no digest changes', () => {
  test.each(kinds)('%s: layout, registry, registry, archive, layout', async kind => {
    const digest = digests.get(kind);
    const steps = [
      `oci:${at('images')}:${kind}`,
      `docker://${one.domain}/team/${kind}:1`,
      `docker://${two.domain}/elsewhere/${kind}:2`,
      `oci-archive:${at(kind)}.tar:3`,
      `dir:${at(kind)}.dir`,
      `oci:${at(kind)}.oci:4`,
    ];
    for (const [n, step] of steps.entries())
      if (n > 0) expect(await copier.copy(steps[n - 1] ?? '', step)).toMatchObject({ digest });
    // skopeo finds OCI's own types alone in a layout.
    const isDocker = ['schema2', 'foreign', 'list'].includes(kind);
    const readable = steps.filter(step => !isDocker || !step.startsWith('oci'));
    if (!noSkopeo) for (const step of readable) expect(await skopeoDigest(step), step).toBe(digest);
    // All that there was to copy is there.
    for (const step of steps.slice(1)) {
      const { blobs } = await copier.copy(`oci:${at('images')}:${kind}`, step);
      if (!step.startsWith('oci-archive')) expect(blobs, step).toMatchObject({ copied: 0, mounted: 0 });
    }
  });

  test('a second copy asks for two digests, and nothing travels', async () => {
    const [from, to] = [`docker://${one.domain}/twice:1`, `docker://${two.domain}/twice:1`];
    await copier.copy(`oci:${at('images')}:oci`, from);
    expect(await copier.copy(from, to)).toMatchObject({ manifests: 1, blobs: { copied: 3 } });
    const again = await copier.copy(from, to);
    expect(again).toMatchObject({ manifests: 0, bytes: 0, blobs: { copied: 0, present: 0, mounted: 0 } });
  });

  test('within a registry blobs are mounted', async () => {
    const [from, to] = [`docker://${one.domain}/mount:1`, `docker://${one.domain}/mounted:1`];
    await copier.copy(`oci:${at('images')}:index`, from);
    expect(await copier.copy(from, to)).toMatchObject({ bytes: 0, blobs: { copied: 0, mounted: 7 } });
  });

  test('one platform of an index is its image; two are a new index of them', async () => {
    const source = `oci:${at('images')}:index`;
    const platforms = [{ os: 'linux', architecture: 'amd64' }];
    const alone = `oci:${at('one-platform')}`;
    const report = await copier.copy(source, alone, { selection: { kind: 'platforms', platforms } });
    expect(report).toMatchObject({ digest: digests.get('oci') });
    const both = [...platforms, { os: 'linux', architecture: 'arm64' }];
    const part = await copier.copy(source, `oci:${at('both')}`, {
      selection: { kind: 'platforms', platforms: both },
    });
    // The attestation of the first goes with it, so that nothing is left out, and the index has the same entries.
    expect(JSON.parse((await readFile(blobFile('both', part.digest))).toString()).manifests).toHaveLength(3);
    const [missing] = [[{ os: 'linux', architecture: 's390x' }]];
    await expect(
      copier.copy(source, `oci:${at('none')}`, { selection: { kind: 'platforms', platforms: missing } }),
    ).rejects.toMatchObject({ code: 'REGISTRY_NO_PLATFORM' });
  });

  test.skipIf(noSkopeo)('docker-archive: skopeo and Docker’s format agree on the configuration', async () => {
    const file = `docker-archive:${at('saved.tar')}:example.org/app:1`;
    const source = `oci:${at('images')}:oci`;
    expect(await copier.copy(source, file)).toMatchObject({ digest: digests.get('oci') });
    const config = async (place: string) => (await skopeo('inspect', '--config', '--raw', place)).stdout;
    expect(await config(file)).toEqual(await config(source));
    expect(await copier.copy(file, `oci:${at('loaded')}`)).toMatchObject({ digest: digests.get('oci') });
    await expect(copier.copy(`oci:${at('images')}:index`, file)).rejects.toMatchObject({
      code: 'ARCHIVE_ONE_PLATFORM',
      exit: 2,
    });
    await expect(copier.copy(`oci:${at('images')}:artifact`, file)).rejects.toMatchObject({
      code: 'ARCHIVE_NOT_AN_IMAGE',
    });
    // What skopeo writes has no manifest, so that it gets one; the configuration is the image's own.
    const theirs = `docker-archive:${at('theirs.tar')}:example.org/app:1`;
    await skopeo('copy', '-q', source, theirs);
    await copier.copy(theirs, `oci:${at('from-theirs')}`);
    expect(await config(`oci:${at('from-theirs')}`)).toEqual(await config(source));
  });

  test('a new format is another digest, there and back again', async () => {
    const source = `oci:${at('images')}:schema2`;
    const target = `oci:${at('converted')}`;
    const report = await copier.copy(source, target, { format: 'oci' });
    expect(report.sourceDigest).toBe(digests.get('schema2'));
    expect(report.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(await copier.copy(target, `oci:${at('back')}`, { format: 'v2s2' })).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    });
    const zstd = `oci:${at('images')}:zstd`;
    await expect(copier.copy(zstd, `oci:${at('back')}`, { format: 'v2s2' })).rejects.toMatchObject({
      code: 'COPY_FORMAT',
      exit: 2,
    });
    if (!noSkopeo) expect(await skopeoDigest(target)).toBe(report.digest);
  });
});

describe.skipIf(noDockerRegistry || noSkopeo)('what skopeo writes is read', () => {
  test.each(['oci', 'schema2', 'zstd', 'empty-layer', 'index'])('%s', async kind => {
    const digest = digests.get(kind);
    const from = `docker://${two.domain}/source/${kind}:1`;
    await copier.copy(`oci:${at('images')}:${kind}`, from);
    const to = [`docker://${one.domain}/theirs/${kind}:1`, `dir:${at(`their-${kind}`)}`];
    if (kind !== 'schema2') to.push(`oci-archive:${at(kind)}-t.tar`);
    for (const [n, place] of to.entries()) {
      await skopeo('copy', '-q', '--all', '--preserve-digests', ...plain, from, place);
      expect(await copier.copy(place, `oci:${at(`read-${kind}-${n}`)}`), place).toMatchObject({ digest });
    }
  });

  test.skipIf(lacks('umoci'))('umoci unpacks what was copied, and what it repacks is copied', async () => {
    await copier.copy(`docker://${one.domain}/team/oci:1`, `oci:${at('umoci')}:1`);
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
    await run('umoci', ['unpack', ...rootless, '--image', `${at('umoci')}:1`, at('bundle')]);
    expect((await readdir(at('bundle/rootfs'))).toSorted()).toEqual(['file0', 'file1']);
    await run('umoci', ['config', '--image', `${at('umoci')}:1`, '--tag', '2', '--config.user', 'kelp']);
    const report = await copier.copy(`oci:${at('umoci')}:2`, `docker://${two.domain}/umoci:2`);
    expect(report.digest).toBe(await skopeoDigest(`oci:${at('umoci')}:2`));
    expect(await skopeoDigest(`docker://${two.domain}/umoci:2`)).toBe(report.digest);
  });
});

function blobFile(name: string, digest: string): string {
  return join(at(name), 'blobs', ...digest.split(':'));
}
