import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tarOf } from '../../../testkit/tar.ts';

interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

type Compression = 'gzip' | 'zstd' | 'none';

const oci = (kind: string) => `application/vnd.oci.image.${kind}`;
const docker = (kind: string) => `application/vnd.docker.${kind}`;

/** Writes OCI layouts by hand, of whatever kind of image: nothing of the program takes part. */
export class LayoutWriter {
  readonly directory: string;
  readonly #named: object[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async begin(directory: string): Promise<LayoutWriter> {
    for (const algorithm of ['sha256', 'sha512'])
      await mkdir(join(directory, 'blobs', algorithm), { recursive: true });
    await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    return new LayoutWriter(directory);
  }

  async blob(bytes: Uint8Array, mediaType: string, algorithm = 'sha256'): Promise<Described> {
    const hex = createHash(algorithm).update(bytes).digest('hex');
    await writeFile(join(this.directory, 'blobs', algorithm, hex), bytes);
    return { mediaType, digest: `${algorithm}:${hex}`, size: bytes.byteLength };
  }

  /** Indented, so that whoever writes it anew gives it another digest. */
  manifest(
    json: { readonly mediaType: string; readonly [member: string]: unknown },
    algorithm = 'sha256',
  ): Promise<Described> {
    return this.blob(Buffer.from(JSON.stringify(json, undefined, 3)), json.mediaType, algorithm);
  }

  async name(tag: string, manifest: Described): Promise<void> {
    const annotations = { 'org.opencontainers.image.ref.name': tag };
    this.#named.push({ ...manifest, annotations });
    const index = { schemaVersion: 2, manifests: this.#named };
    await writeFile(join(this.directory, 'index.json'), JSON.stringify(index));
  }

  /** An image of one file a layer. */
  async image(texts: readonly string[], options: ImageOptions = {}): Promise<Described> {
    const { compression = 'gzip', format = 'oci', algorithm = 'sha256', architecture = 'amd64' } = options;
    const layers: object[] = [];
    const diffIds: string[] = [];
    for (const [n, text] of texts.entries()) {
      const tar = tarOf(text === '' ? [] : [{ path: `file${n}`, content: Buffer.from(text) }]);
      diffIds.push(`sha256:${createHash('sha256').update(tar).digest('hex')}`);
      const type = layerType(format, compression);
      layers.push(await this.blob(compressed(tar, compression), type, algorithm));
    }
    const { foreign } = options;
    if (foreign) {
      diffIds.push(foreign.digest);
      layers.push({
        ...foreign,
        mediaType: docker('image.rootfs.foreign.diff.tar.gzip'),
        urls: ['https://layers.example.org/1'],
      });
    }
    const config = { os: 'linux', architecture, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } };
    const isOci = format === 'oci';
    const configType = isOci ? oci('config.v1+json') : docker('container.image.v1+json');
    return this.manifest({
      schemaVersion: 2,
      mediaType: isOci ? oci('manifest.v1+json') : docker('distribution.manifest.v2+json'),
      config: await this.blob(Buffer.from(JSON.stringify(config)), configType, algorithm),
      layers,
    });
  }

  /** An index, of Docker's kind or OCI's. */
  index(entries: readonly object[], format: 'oci' | 'docker' = 'oci', more: object = {}): Promise<Described> {
    const mediaType = format === 'oci' ? oci('index.v1+json') : docker('distribution.manifest.list.v2+json');
    return this.manifest({ schemaVersion: 2, mediaType, manifests: entries, ...more });
  }

  /** Something that is no image, with or without layers, about a subject or nothing. */
  async artifact(artifactType: string, layers: readonly string[], subject?: Described): Promise<Described> {
    const empty = await this.blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
    const blobs: Described[] = [];
    for (const text of layers) blobs.push(await this.blob(Buffer.from(text), 'text/plain'));
    const json = { schemaVersion: 2, mediaType: oci('manifest.v1+json'), artifactType, config: empty };
    return this.manifest({ ...json, layers: blobs, ...(subject && { subject }) });
  }
}

interface ImageOptions {
  readonly compression?: Compression;
  readonly format?: 'oci' | 'docker';
  readonly algorithm?: 'sha256' | 'sha512';
  readonly architecture?: string;
  /** A layer that is named and lies elsewhere. */
  readonly foreign?: Described;
}

function layerType(format: 'oci' | 'docker', compression: Compression): string {
  if (format === 'docker')
    return docker(`image.rootfs.diff.tar${compression === 'none' ? '' : `.${compression}`}`);
  return oci(`layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`);
}

function compressed(tar: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case 'gzip':
      return gzipSync(tar);
    case 'zstd':
      return zstdCompressSync(tar);
    case 'none':
      return tar;
  }
}
