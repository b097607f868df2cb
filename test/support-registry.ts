import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { tarOf, type TarFile } from '../testkit/tar.ts';

const run = promisify(execFile);

export interface PushedImage {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly config: string;
  readonly diffIds: readonly string[];
}

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const oci = (kind: string) => `application/vnd.oci.image.${kind}`;

/**
 * Makes images by hand and puts them into a registry with nothing but `fetch`, so that what the program pulls was
 * written by somebody else.
 */
export class RegistryImages {
  readonly #domain: string;

  /** @param domain as in references: `127.0.0.1:PORT` */
  constructor(domain: string) {
    this.#domain = domain;
  }

  /** A busybox with all its programs, and the files of `extra` in a layer of their own. */
  async busybox(name: string, marker: string, config: object = {}): Promise<PushedImage> {
    const marked = tarOf([{ path: 'marker', content: Buffer.from(`${marker}\n`) }]);
    return this.push(name, [await busyboxLayer(), marked], config);
  }

  /** An image of layers compressed by `compress`, which its configuration knows of or not. */
  async pushAs(
    name: string,
    document: Buffer,
    layers: readonly Buffer[],
    compress: { readonly suffix: string; readonly bytes: (tar: Buffer) => Buffer },
  ): Promise<PushedImage> {
    const configBlob = await this.#put(name, document, oci('config.v1+json'));
    const blobs: Blob[] = [];
    for (const tar of layers)
      blobs.push(await this.#put(name, compress.bytes(tar), oci(`layer.v1.tar+${compress.suffix}`)));
    const mediaType = oci('manifest.v1+json');
    const manifest = { schemaVersion: 2, mediaType, config: configBlob, layers: blobs };
    const descriptor = await this.#manifest(name, manifest, mediaType);
    return { ...descriptor, config: configBlob.digest, diffIds: layers.map(digestOf) };
  }

  /** @param name `REPOSITORY:TAG`. @param layers uncompressed tars, the lowest first. */
  async push(
    name: string,
    layers: readonly Buffer[],
    config: object = {},
    architecture = 'amd64',
    compress: { readonly suffix: string; readonly bytes: (tar: Buffer) => Buffer } = {
      suffix: 'gzip',
      bytes: tar => gzipSync(tar),
    },
  ): Promise<PushedImage> {
    const diffIds = layers.map(digestOf);
    const document = { os: 'linux', architecture, config, rootfs: { type: 'layers', diff_ids: diffIds } };
    return this.pushAs(name, Buffer.from(JSON.stringify(document)), layers, compress);
  }

  /** An index over images of the same repository. */
  async index(name: string, images: readonly { image: PushedImage; architecture: string }[]): Promise<Blob> {
    const manifests = images.map(({ image: { mediaType, digest, size }, architecture }) => ({
      mediaType,
      digest,
      size,
      platform: { os: 'linux', architecture },
    }));
    const mediaType = oci('index.v1+json');
    return this.#manifest(name, { schemaVersion: 2, mediaType, manifests }, mediaType);
  }

  /** What the registry has under a tag or digest: its digest and bytes. */
  async manifest(repository: string, reference: string): Promise<{ digest: string; bytes: Buffer }> {
    const accept = [oci('manifest.v1+json'), oci('index.v1+json')].join(', ');
    const answer = await fetch(`http://${this.#domain}/v2/${repository}/manifests/${reference}`, {
      headers: { accept },
    });
    if (!answer.ok) throw new Error(`${repository} ${reference}: the registry answered ${answer.status}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { digest: digestOf(bytes), bytes };
  }

  /** The bytes of a blob. */
  async blob(repository: string, digest: string): Promise<Buffer> {
    const answer = await fetch(`http://${this.#domain}/v2/${repository}/blobs/${digest}`);
    if (!answer.ok) throw new Error(`${repository} ${digest}: the registry answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async #manifest(name: string, manifest: object, mediaType: string): Promise<Blob> {
    const [repository = '', tag = ''] = name.split(':');
    const body = Buffer.from(JSON.stringify(manifest));
    const url = `http://${this.#domain}/v2/${repository}/manifests/${tag}`;
    await accepted(
      await fetch(url, { method: 'PUT', body: new Uint8Array(body), headers: { 'content-type': mediaType } }),
    );
    return { mediaType, digest: digestOf(body), size: body.byteLength };
  }

  async #put(name: string, bytes: Buffer, mediaType: string): Promise<Blob> {
    const [repository = ''] = name.split(':');
    const digest = digestOf(bytes);
    const begin = `http://${this.#domain}/v2/${repository}/blobs/uploads/`;
    const begun = await accepted(await fetch(begin, { method: 'POST' }));
    const place = new URL(begun.headers.get('location') ?? '', begin);
    place.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await accepted(await fetch(place, { method: 'PUT', body: new Uint8Array(bytes), headers }));
    return { mediaType, digest, size: bytes.byteLength };
  }
}

async function accepted(answer: Response): Promise<Response> {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
  return answer;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** /bin with a static busybox under all its names, a user `app` (1000), and the usual empty directories. */
export async function busyboxLayer(): Promise<Buffer> {
  const { stdout } = await run('busybox', ['--list']);
  const links = stdout
    .trim()
    .split('\n')
    .filter(name => name !== 'busybox')
    .map((name): TarFile => ({ path: `bin/${name}`, type: '2', link: 'busybox', mode: 0o777 }));
  const directory = (path: string, mode = 0o755): TarFile => ({ path, type: '5', mode });
  return tarOf([
    ...['bin/', 'etc/', 'home/', 'proc/', 'root/', 'sys/'].map(path => directory(path)),
    directory('tmp/', 0o1777),
    { path: 'bin/busybox', content: readFileSync('/usr/bin/busybox'), mode: 0o755 },
    ...links,
    {
      path: 'etc/passwd',
      content: Buffer.from('root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home:/bin/sh\n'),
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\napp:x:1000:\n') },
  ]);
}

/** A directory for a test's own files, removed by `remove`. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Turns one bit in the middle of a file. */
export async function flipBit(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.byteLength / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Where a store keeps a blob: OCI image-spec, image-layout.md. */
export function blobPath(store: string, digest: string): string {
  return join(store, 'blobs', 'sha256', digest.replace('sha256:', ''));
}
