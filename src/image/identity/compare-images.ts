import { Digester, type Digest } from '../../core/index.ts';
import {
  isContainerImage,
  isForeign,
  verifiedBlob,
  type Content,
  type CopySource,
  type ReadImage,
} from '../../registry/index.ts';
import { parseImageConfig } from '../config.ts';
import { compressionOf, decompress } from '../decompress.ts';

/** Two images of one platform. */
export interface ImageComparison {
  readonly same: boolean;
  /** Why their digests differ, or why they are not the same; one line each. */
  readonly reasons: readonly string[];
  /** Layers whose blobs differ, or that only one has; from the lowest up. */
  readonly layers: readonly LayerComparison[];
}

export interface LayerComparison {
  /** From 0, the lowest. */
  readonly layer: number;
  readonly same: boolean;
  readonly a?: ComparedLayer | undefined;
  readonly b?: ComparedLayer | undefined;
}

export interface ComparedLayer {
  readonly digest: string;
  readonly compression: string;
  /** Bytes, compressed. */
  readonly size: number;
  /** As recomputed from the bytes; nothing for a layer that lies elsewhere. */
  readonly diffId?: Digest | undefined;
}

/** Configuration first, then whatever layers are not the same blobs. */
export async function compareImages(
  a: CopySource,
  left: ReadImage,
  b: CopySource,
  right: ReadImage,
): Promise<ImageComparison> {
  if (left.manifest.digest === right.manifest.digest)
    return { same: true, reasons: ['the manifest is the same, byte for byte'], layers: [] };
  const sameConfig = left.config.equals(right.config);
  const layers = await compareLayers(a, left, b, right);
  const different = layers.filter(layer => !layer.same);
  const same = sameConfig && different.length === 0;
  const reasons = [
    ...(sameConfig ? [] : configReasons(left, right)),
    ...different.map(differentLayer),
    ...(left.manifest.mediaType === right.manifest.mediaType
      ? []
      : [`the manifest was converted: ${formatOf(left)} and ${formatOf(right)}`]),
    ...layers.filter(layer => layer.same).map(recompressedLayer),
  ];
  const written = ['the manifests are written differently'];
  return { same, reasons: reasons.length > 0 ? reasons : written, layers };
}

async function compareLayers(
  a: CopySource,
  left: ReadImage,
  b: CopySource,
  right: ReadImage,
): Promise<LayerComparison[]> {
  const found: LayerComparison[] = [];
  const [ours, theirs] = [left.document.layers, right.document.layers];
  for (let layer = 0; layer < Math.max(ours.length, theirs.length); layer++) {
    const [one, other] = [ours[layer], theirs[layer]];
    if (one?.digest === other?.digest) continue;
    const compared = {
      a: one && (await comparedLayer(a, one)),
      b: other && (await comparedLayer(b, other)),
    };
    const same =
      compared.a?.diffId !== undefined &&
      compared.a.diffId === compared.b?.diffId &&
      claimed(left, layer) === compared.a.diffId &&
      claimed(right, layer) === compared.a.diffId;
    found.push({ layer, same, ...compared });
  }
  return found;
}

/** The diff ID that the configuration claims; what is no container image claims none, and its layers' own bytes count. */
function claimed(image: ReadImage, layer: number): string | undefined {
  if (!isContainerImage(image)) return undefined;
  return parseImageConfig(image.config).rootfs.diff_ids[layer];
}

async function comparedLayer(source: CopySource, layer: Content): Promise<ComparedLayer> {
  const { digest, size } = layer;
  if (isForeign(layer)) return { digest, size, compression: 'elsewhere' };
  let compression: string | undefined;
  const watched = async function* () {
    for await (const chunk of verifiedBlob(source, layer)) {
      compression ??= compressionOf(chunk);
      yield chunk;
    }
  };
  const digester = new Digester();
  for await (const chunk of decompress(watched())) digester.update(chunk);
  return { digest, size, compression: compression ?? 'none', diffId: digester.digest() };
}

/** The members of the configuration that differ, one level into `config`. */
function configReasons(left: ReadImage, right: ReadImage): string[] {
  if (!isContainerImage(left) || !isContainerImage(right)) return ['the configurations differ'];
  const [ours, theirs] = [flat(left), flat(right)];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted();
  const different = names.filter(name => ours.get(name) !== theirs.get(name));
  if (different.length === 0)
    return ['the configurations say the same in other words, which is another digest'];
  return [`the configurations differ in ${different.join(', ')}`];
}

function flat(image: ReadImage): Map<string, string> {
  const { config, ...members } = parseImageConfig(image.config);
  const inner = Object.entries(config ?? {}).map(([name, value]) => [`config.${name}`, value] as const);
  const all = [...Object.entries(members), ...inner];
  return new Map(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)]])),
  );
}

function differentLayer({ layer, a, b }: LayerComparison): string {
  if (a === undefined || b === undefined) return `layer ${layer} is in one alone`;
  if (a.diffId === undefined || b.diffId === undefined)
    return `layer ${layer} lies elsewhere, and was not read`;
  if (a.diffId === b.diffId) return `layer ${layer} is not what the configuration says`;
  return `layer ${layer} holds other files`;
}

function recompressedLayer({ layer, a, b }: LayerComparison): string {
  const how =
    a?.compression === b?.compression ? `${a?.compression} again` : `${a?.compression} and ${b?.compression}`;
  return `layer ${layer} was compressed differently: ${how}, the same ${a?.diffId}`;
}

function formatOf({ manifest }: ReadImage): string {
  return manifest.mediaType.includes('docker') ? "Docker's schema 2" : 'OCI';
}
