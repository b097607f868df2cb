import type { Digest } from '../core/index.ts';
import { parseImageConfig, parseManifest, type ImageConfig, type LayerSource } from '../image/index.ts';
import type { Store } from '../store/index.ts';

/** The manifest of an image of one platform, of which the store has all. */
export async function readManifest(image: Digest, store: Store) {
  const document = parseManifest(await store.readBytes(image));
  if (document.kind !== 'manifest') throw new TypeError('an image of one platform is no index');
  return document.manifest;
}

/** The configuration of an image of one platform. */
export async function imageConfig(image: Digest, store: Store): Promise<ImageConfig> {
  const { config } = await readManifest(image, store);
  return parseImageConfig(await store.readBytes(config.digest));
}

/** The layers of an image of one platform, read from the store. */
export async function imageLayers(image: Digest, config: ImageConfig, store: Store): Promise<LayerSource[]> {
  const { layers } = await readManifest(image, store);
  const steps = layerSteps(config);
  return layers.map(({ digest }, n) => ({
    diffId: config.rootfs.diff_ids[n] as Digest,
    step: steps[n],
    open: () => store.read(digest),
  }));
}

/** For each layer the instruction that made it (OCI image-spec config.md, "history"), on one line for people. */
export function layerSteps({ history = [] }: ImageConfig): string[] {
  return history
    .filter(({ empty_layer: empty }) => empty !== true)
    .map(({ created_by: by = '' }) => stepText(by));
}

/** Without what BuildKit's form says of the shell and of itself. */
function stepText(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ').replace(/ # buildkit$/, '');
  return line.replace(/^RUN (?:\|\d+ .*?)?\/bin\/sh -c /, 'RUN ');
}
