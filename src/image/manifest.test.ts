import { describe, expect, test } from 'vitest';
import { parsePlatform, sha256 } from '../core/index.ts';
import { formatManifest, parseManifest, selectPlatform, toOciManifest, type ImageIndex } from './manifest.ts';
import { isLayerType, mediaTypes, ociMediaType } from './media-types.ts';

const digest = sha256('x');
const descriptor = (mediaType: string) => ({ mediaType, digest, size: 1 });
const docker = {
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: descriptor(mediaTypes.dockerConfig),
  layers: [
    descriptor(mediaTypes.dockerLayerGzip),
    { ...descriptor(mediaTypes.dockerForeignLayerGzip), urls: ['https://example.org/l'] },
  ],
};
const oci = {
  schemaVersion: 2,
  config: descriptor(mediaTypes.ociConfig),
  layers: [descriptor(mediaTypes.ociLayerGzip)],
};

describe('manifests', () => {
  test('of Docker and of OCI are read, with or without a media type of their own', () => {
    expect(parseManifest(JSON.stringify(docker))).toMatchObject({
      kind: 'manifest',
      mediaType: mediaTypes.dockerManifest,
    });
    expect(parseManifest(JSON.stringify(oci))).toMatchObject({
      kind: 'manifest',
      mediaType: mediaTypes.ociManifest,
    });
    expect(parseManifest(JSON.stringify(oci), 'application/json').mediaType).toBe(mediaTypes.ociManifest);
    const index = { schemaVersion: 2, manifests: [] };
    expect(parseManifest(JSON.stringify(index), mediaTypes.dockerList)).toMatchObject({
      kind: 'index',
      mediaType: mediaTypes.dockerList,
    });
  });

  test.each<[string, unknown, string?]>([
    ['both index and manifest', { ...oci, manifests: [] }],
    ['schema 1', { schemaVersion: 1, fsLayers: [], history: [] }],
    ['called an index', oci, mediaTypes.ociIndex],
    ['calling itself an index', { ...oci, mediaType: mediaTypes.ociIndex }],
    ['an index called a manifest', { schemaVersion: 2, manifests: [] }, mediaTypes.dockerManifest],
    ['a negative size', { ...oci, config: { ...oci.config, size: -1 } }],
    ['a size of a fraction', { ...oci, layers: [{ ...descriptor(mediaTypes.ociLayer), size: 1.5 }] }],
    ['another digest', { ...oci, config: { ...oci.config, digest: 'sha256:AB' } }],
    ['no layers', { schemaVersion: 2, config: oci.config }],
    ['an array', []],
  ])('refused: %s', (_what, document, contentType) => {
    expect(() => parseManifest(JSON.stringify(document), contentType)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', exit: 4 }),
    );
  });

  test('of Docker become those of OCI by their media types', () => {
    const document = parseManifest(JSON.stringify(docker));
    if (document.kind !== 'manifest') throw new Error('no manifest');
    const converted = toOciManifest(document.manifest);
    expect(converted.mediaType).toBe(mediaTypes.ociManifest);
    expect(converted.config.mediaType).toBe(mediaTypes.ociConfig);
    expect(converted.layers.map(({ mediaType }) => mediaType)).toEqual([
      mediaTypes.ociLayerGzip,
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    ]);
    expect(converted.layers.every(({ mediaType }) => isLayerType(mediaType))).toBe(true);
    expect(isLayerType('application/vnd.in-toto+json')).toBe(false);
    expect(ociMediaType('application/x')).toBe('application/x');
  });

  test('are written in one order', () => {
    const document = parseManifest(
      JSON.stringify({
        layers: [{ size: 1, digest, mediaType: 'm' }],
        annotations: { b: '1', a: '2' },
        config: oci.config,
        schemaVersion: 2,
      }),
    );
    if (document.kind !== 'manifest') throw new Error('no manifest');
    expect(formatManifest(document.manifest)).toBe(
      `{"schemaVersion":2,"config":{"mediaType":"${mediaTypes.ociConfig}","digest":"${digest}","size":1},` +
        `"layers":[{"mediaType":"m","digest":"${digest}","size":1}],"annotations":{"a":"2","b":"1"}}`,
    );
  });
});

describe('selectPlatform', () => {
  const index = (...platforms: string[]): ImageIndex => {
    const manifests = platforms.map(text => {
      const [os = '', architecture = '', variant] = text.split('/');
      return {
        mediaType: text,
        digest,
        size: 1,
        platform: { os, architecture, ...(variant ? { variant } : {}) },
      };
    });
    return { schemaVersion: 2, manifests };
  };

  test.each<[string, string[], string | undefined]>([
    ['linux/amd64', ['linux/arm64', 'linux/amd64', 'unknown/unknown'], 'linux/amd64'],
    ['linux/arm64', ['linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64/v8', ['linux/arm64'], 'linux/arm64'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v3'], 'linux/amd64/v3'],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['windows/amd64', 'unknown/unknown'], undefined],
    ['linux/amd64', [], undefined],
  ])('%s of %j is %s', (wanted, offered, chosen) => {
    const select = () => selectPlatform(index(...offered), parsePlatform(wanted)).mediaType;
    if (chosen !== undefined) expect(select()).toBe(chosen);
    else expect(select).toThrow(expect.objectContaining({ code: 'IMAGE_PLATFORM_MISSING', exit: 2 }));
  });

  test('the refusal names what there is, attestations apart', () => {
    expect(() =>
      selectPlatform(index('linux/arm/v7', 'unknown/unknown'), parsePlatform('linux/amd64')),
    ).toThrow(expect.objectContaining({ next: 'Choose one of: linux/arm/v7.' }));
  });
});
