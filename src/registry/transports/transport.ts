import type { Store } from '../../store/index.ts';
import type { Descriptor, RawManifest } from '../manifest.ts';
import type { OnTransfer } from '../transfer.ts';

/** Where an image can be read from. */
export interface ImageSource {
  /** For messages, as the user would write it. */
  readonly name: string;
  /** The manifest or index that the source names, or the one of a descriptor in it; its bytes verified. */
  manifest(entry?: Descriptor): Promise<RawManifest>;
  /** The bytes of a blob; whoever keeps them verifies them. */
  blob(blob: Descriptor): AsyncIterable<Uint8Array>;
}

/** Where an image can be written to. */
export interface ImageDestination {
  /** For messages, as the user would write it. */
  readonly name: string;
  /** Writes an image or index of the store with all that it names, every byte as it is, and verified on the way. */
  write(store: Store, image: Descriptor, onTransfer?: OnTransfer): Promise<void>;
}
