import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { hostPlatform, sha256, type Digest, type Platform } from '../src/core/index.ts';
import { Store, type TaggedDescriptor } from '../src/store/index.ts';
import { tarOf } from '../testkit/tar.ts';

const mediaType = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** An image of busybox and nothing else (2 MB; sh, wget, date, …), put into a store under a name. */
export async function putTinyBase(store: string, name = 'tiny:1'): Promise<Digest> {
  const opened = await Store.open(store);
  const image = await putImage(opened, await tinyTar(), hostPlatform());
  await opened.tag(name, image);
  return image.digest;
}

/** A single-layer image of a tar. */
export async function putImage(store: Store, tar: Buffer, platform: Platform): Promise<TaggedDescriptor> {
  const layer = await store.put(gzipSync(tar, { level: 1 }));
  const created = '2026-01-01T00:00:00Z';
  const config = await store.put(
    JSON.stringify({
      created,
      ...platform,
      config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
      history: [{ created, created_by: 'a test' }],
    }),
  );
  const manifest = await store.put(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.manifest,
      config: { mediaType: mediaType.config, ...config },
      layers: [{ mediaType: mediaType.layer, ...layer }],
    }),
  );
  return { mediaType: mediaType.manifest, ...manifest, platform };
}

/** The root file system of Debian's busybox-static with a link for each of its programs. */
export async function tinyTar(): Promise<Buffer> {
  const busybox = await readFile('/bin/busybox').catch(() => {
    throw new Error('the tests need /bin/busybox; install busybox-static');
  });
  const { stdout } = await promisify(execFile)('/bin/busybox', ['--list']);
  const programs = stdout.split('\n').filter(name => /^[^/]+$/.test(name) && name !== 'busybox');
  const directories = ['bin', 'etc', 'home', 'home/app', 'root', 'usr', 'usr/bin', 'var'];
  return tarOf([
    ...directories.map(path => ({ path: `${path}/`, type: '5', mode: 0o755 })),
    { path: 'tmp/', type: '5', mode: 0o1777 },
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...programs.map(name => ({ path: `bin/${name}`, type: '2', link: 'busybox', mode: 0o777 })),
    {
      path: 'etc/passwd',
      content: Buffer.from('root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n'),
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\napp:x:1000:\n') },
  ]);
}
