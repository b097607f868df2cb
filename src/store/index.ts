export {
  corruptBlob,
  missingBlob,
  Store,
  type BlobDescriptor,
  type BlobSource,
  type ExpectedBlob,
} from './store.ts';
export type { BlobOnDisk } from './use.ts';
export { removeLeftovers } from './leftovers.ts';
export { noteLayer, notedLayer, type LayerBlob } from './same-layers.ts';
export { containerdName, pushedPlaces, type TaggedDescriptor } from './image-index.ts';
