import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { noCredentials } from '../credentials.ts';
import { RegistryClient } from '../client.ts';
import type { Descriptor } from '../manifest.ts';
import { dockerArchiveSource } from '../copy/docker-archive-source.ts';
import { tarFiles } from '../copy/tar-index.ts';
import { pullImage } from '../pull.ts';
import { parseReference, withDefaultTag } from '../reference.ts';
import { sampleImage, sampleIndex } from '../testing/sample-image.ts';
import { openWorkspace, type Workspace } from '../testing/stores.ts';
import { openDestination, openSource } from './open.ts';
import { parseTransport } from './parse.ts';

const run = promisify(execFile);
const refName = 'org.opencontainers.image.ref.name';
const referenceOf = (name: string) => (name === '' ? undefined : parseReference(name.slice(1)));
const amd64 = { os: 'linux', architecture: 'amd64' };
const lacks = (program: string) => {
  const missing = spawnSync(program, ['--version']).error !== undefined;
  if (missing) console.log(`skipped: ${program} is not installed`);
  return missing;
};

let work: Workspace;
let store: Store;
let image: Descriptor;
let client: RegistryClient;
let count = 0;
let out: string;
beforeAll(async () => {
  work = await openWorkspace();
  store = await work.newStore();
  image = await sampleImage(store, ['one', 'two']);
  client = await RegistryClient.open({ env: {}, homeDirectory: '/', credentials: noCredentials });
});
afterAll(async () => {
  await client.close();
  await work.remove();
});
beforeEach(() => {
  out = join(work.directory, `out${count++}`);
});

const write = (text: string, what = image) =>
  openDestination(parseTransport(text), client).write(store, what);
const read = async (text: string, into?: Store) =>
  pullImage(openSource(parseTransport(text), client), amd64, into ?? (await work.newStore()));

describe('oci:', () => {
  test('what is written is read again, with its digest', async () => {
    await write(`oci:${out}:1.0`);
    expect(await read(`oci:${out}:1.0`)).toMatchObject({ manifest: image });
    expect(await read(`oci:${out}`)).toMatchObject({ manifest: image });
    const [amd, fresh] = [{ image, platform: amd64 }, await work.newStore()];
    const index = await sampleIndex(store, [amd]);
    await write(`oci:${out}:multi`, index);
    expect(await read(`oci:${out}:multi`, fresh)).toMatchObject({ index, manifest: image });
    expect(await fresh.has(index.digest)).toBe(true);
    await expect(read(`oci:${out}`)).rejects.toMatchObject({
      code: 'OCI_LAYOUT_TAG',
      message: expect.stringContaining('1.0, multi'),
    });
  });

  test('the same image gives the same bytes', async () => {
    await write(`oci:${out}a:1.0`);
    await write(`oci:${out}b:1.0`);
    await write(`oci:${out}b:1.0`);
    const index = (name: string) => readFile(join(out + name, 'index.json'), 'utf8');
    expect(await index('a')).toBe(await index('b'));
  });

  test('several names are each an entry, as BuildKit writes them, and one image to who asks for no name', async () => {
    const names = ['app', 'team/app', 'example.org/app:2'].map(text => withDefaultTag(parseReference(text)));
    const annotationsIn = async () => {
      const { manifests } = JSON.parse(await readFile(join(out, 'index.json'), 'utf8')) as {
        manifests: { digest: string; annotations: Record<string, string> }[];
      };
      return manifests.map(({ digest, annotations }) => [digest, annotations]);
    };
    const named = (name: string, tag: string) => [
      image.digest,
      { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag },
    ];
    const all = [
      named('docker.io/library/app:latest', 'latest'),
      named('docker.io/team/app:latest', 'latest'),
      named('example.org/app:2', '2'),
    ];
    const place = parseTransport(`oci:${out}`);
    await write(`oci:${out}`);
    for (let time = 0; time < 2; time++) await openDestination(place, client, { names }).write(store, image);
    expect(await annotationsIn()).toEqual(all);
    await openDestination(place, client, { names: names.slice(2) }).write(store, image);
    expect(await read(`oci:${out}`)).toMatchObject({ manifest: image });
    const archive = openDestination(parseTransport(`oci-archive:${out}.tar`), client, { names });
    await archive.write(store, image);
    await rm(out, { recursive: true });
    await mkdir(out);
    await run('tar', ['-xf', `${out}.tar`, '-C', out]);
    expect(await annotationsIn()).toEqual(all);
    expect(await read(`oci:${out}`)).toMatchObject({ manifest: image });
    await write(`oci:${out}`);
    expect((await annotationsIn()).map(([, names]) => names)).toEqual([all[2]?.[1], { [refName]: 'latest' }]);
  });

  test('a blob that rotted in the layout is written again, and never read', async () => {
    await write(`oci:${out}`);
    const blobs = join(out, 'blobs', 'sha256');
    for (const name of await readdir(blobs)) {
      const { size } = await stat(join(blobs, name));
      await writeFile(join(blobs, name), Buffer.alloc(size));
      await expect(read(`oci:${out}`)).rejects.toMatchObject({ exit: 4 });
      await write(`oci:${out}`);
      await truncate(join(blobs, name), 1);
      await expect(read(`oci:${out}`)).rejects.toMatchObject({ exit: 4 });
      await rm(join(blobs, name));
      await expect(read(`oci:${out}`)).rejects.toMatchObject({ code: 'OCI_LAYOUT_BLOB', exit: 4 });
      await write(`oci:${out}`);
    }
    expect(await read(`oci:${out}`)).toMatchObject({ manifest: image });
  });

  test('a directory that is no layout is left as it is', async () => {
    await expect(read(`oci:${out}`)).rejects.toMatchObject({ code: 'OCI_LAYOUT_MISSING', exit: 2 });
    await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.skipIf(lacks('skopeo'))('skopeo reads it and writes it', async () => {
    await write(`oci:${out}:1.0`);
    const raw = await run('skopeo', ['inspect', '--raw', `oci:${out}:1.0`]);
    expect(sha256(raw.stdout)).toBe(image.digest);
    await run('skopeo', ['copy', '--preserve-digests', `oci:${out}:1.0`, `oci:${out}s:2`]);
    expect(await read(`oci:${out}s:2`)).toMatchObject({ manifest: image });
    expect(await read(`oci:${out}s`)).toMatchObject({ manifest: image });
  });

  test.skipIf(lacks('umoci'))('umoci unpacks it', async () => {
    await write(`oci:${out}:1.0`);
    await run('umoci', ['unpack', '--rootless', '--image', `${out}:1.0`, `${out}-bundle`]);
    expect(await readFile(join(`${out}-bundle`, 'rootfs', 'file1'), 'utf8')).toBe('two');
  });
});

describe.each(['oci-archive', 'docker-archive'])('%s:', kind => {
  test('the same image gives the same bytes', async () => {
    await write(`${kind}:${out}a.tar:team/app:1`);
    await write(`${kind}:${out}b.tar:team/app:1`);
    expect(await readFile(`${out}a.tar`)).toEqual(await readFile(`${out}b.tar`));
  });

  test('is whole or not there', async () => {
    const rotten = await work.newStore();
    const poor = await sampleImage(rotten, ['x'.repeat(10_000)]);
    const { layers } = JSON.parse((await rotten.readBytes(poor.digest)).toString()) as {
      layers: Descriptor[];
    };
    for (const { digest, size } of layers) await writeFile(rotten.pathOf(digest), Buffer.alloc(size));
    await expect(
      openDestination(parseTransport(`${kind}:${out}.tar`), client).write(rotten, poor),
    ).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
    await expect(stat(`${out}.tar`)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(write(`${kind}:${out}/gone/x.tar`)).rejects.toMatchObject({
      code: 'ARCHIVE_UNWRITABLE',
      exit: 2,
    });
    expect((await readdir(work.directory)).filter(name => name.includes('partial'))).toEqual([]);
  });

  test.skipIf(lacks('skopeo'))('skopeo reads it as a layout, with its digest', async () => {
    await write(`${kind}:${out}.tar`);
    const raw = await run('skopeo', ['inspect', '--raw', `oci-archive:${out}.tar`]);
    expect(sha256(raw.stdout)).toBe(image.digest);
  });

  test('cannot be read from, and says so', async () => {
    await expect(read(`${kind}:${out}.tar`)).rejects.toMatchObject({
      code: 'TRANSPORT_NOT_READABLE',
      exit: 2,
    });
  });
});

describe('docker-archive:', () => {
  const member = (file: string, name: string) => execFileSync('tar', ['-xOf', file, name]);

  test('lists the configuration, the layers in order, and the name as `docker save` does', async () => {
    await write(`docker-archive:${out}.tar:app:1`);
    const [entry] = JSON.parse(member(`${out}.tar`, 'manifest.json').toString()) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    const { config, layers } = JSON.parse((await store.readBytes(image.digest)).toString()) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    expect(entry?.RepoTags).toEqual(['app:1']);
    expect(sha256(member(`${out}.tar`, entry?.Config ?? ''))).toBe(config.digest);
    expect(entry?.Layers.map(path => sha256(member(`${out}.tar`, path)))).toEqual(
      layers.map(layer => layer.digest),
    );
    const { manifests } = JSON.parse(member(`${out}.tar`, 'index.json').toString()) as {
      manifests: unknown[];
    };
    expect(manifests).toEqual([
      {
        ...image,
        annotations: {
          'io.containerd.image.name': 'docker.io/library/app:1',
          'org.opencontainers.image.ref.name': '1',
        },
      },
    ]);
  });

  test('has all names for `docker load`, and is copied from by any of them or none', async () => {
    const names = ['app:1', 'example.org/app:2', 'app:1'].map(parseReference);
    const archive = openDestination(parseTransport(`docker-archive:${out}.tar`), client, { names });
    await archive.write(store, image);
    const [entry] = JSON.parse(member(`${out}.tar`, 'manifest.json').toString()) as { RepoTags: string[] }[];
    expect(entry?.RepoTags).toEqual(['app:1', 'example.org/app:2']);
    for (const name of ['', ':app:1', ':example.org/app:2']) {
      const source = await dockerArchiveSource(await tarFiles(`${out}.tar`), out, referenceOf(name));
      expect((await source.root()).descriptor).toMatchObject({ digest: image.digest });
      await source.close?.();
    }
  });

  test.skipIf(lacks('skopeo'))('skopeo finds the same configuration in it', async () => {
    await write(`docker-archive:${out}.tar:team/app:1`);
    const config = await run('skopeo', [
      'inspect',
      '--config',
      '--raw',
      `docker-archive:${out}.tar:team/app:1`,
    ]);
    const { config: own } = JSON.parse((await store.readBytes(image.digest)).toString()) as {
      config: Descriptor;
    };
    expect(sha256(config.stdout)).toBe(own.digest);
    await run('skopeo', ['copy', `docker-archive:${out}.tar`, `dir:${out}-dir`]);
  });

  test('holds one platform, beside which attestations may stand', async () => {
    const arm64 = { os: 'linux', architecture: 'arm64' };
    const arm = await sampleImage(store, ['arm'], arm64);
    const both = [
      { image, platform: amd64 },
      { image: arm, platform: arm64 },
    ];
    await expect(write(`docker-archive:${out}.tar`, await sampleIndex(store, both))).rejects.toMatchObject({
      code: 'ARCHIVE_ONE_PLATFORM',
      message: expect.stringContaining('linux/amd64, linux/arm64'),
    });
    const unknown = { os: 'unknown', architecture: 'unknown' };
    const attested = await sampleIndex(store, [
      { image, platform: amd64 },
      { image: arm, platform: unknown },
    ]);
    await write(`docker-archive:${out}.tar`, attested);
    expect(member(`${out}.tar`, 'index.json').toString()).toContain(attested.digest);
  });
});
