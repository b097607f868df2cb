import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { Digest } from '../../src/core/index.ts';
import { parseManifest } from '../../src/image/index.ts';
import type { Store } from '../../src/store/index.ts';
import type { BuiltImage } from './image-facts.ts';

/** An image of one platform in a store of ours. */
export async function storedImage(store: Store, image: Digest): Promise<BuiltImage> {
  const document = parseManifest(await store.readBytes(image));
  if (document.kind !== 'manifest') throw new Error(`${image} is an index`);
  const { config, layers } = document.manifest;
  const tars = await Promise.all(layers.map(async ({ digest }) => gunzipSync(await store.readBytes(digest))));
  return {
    config: JSON.parse((await store.readBytes(config.digest)).toString()),
    layers: tars.map(tar => () => Readable.from([tar])),
  };
}
