import { exitCodes, HoldfastError, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import { inParallel, type RegistryClient, type Transport } from '../registry/index.ts';
import { openPlace, type BlobPlace, type WantedBlob } from '../share/index.ts';
import type { Store } from '../store/index.ts';

/** Where blobs come from that the store lacks, before any upstream is asked: by digest, so that it does not matter where. */
export class Places {
  readonly #store: Store;
  readonly #registry: () => Promise<RegistryClient>;
  readonly #note: (text: string) => void;
  readonly #remotes: BlobPlace[] = [];
  readonly #onTheirWay = new Map<Digest, Promise<boolean>>();
  /** Those that did not answer: each blob would wait for them again. */
  readonly #silent = new Set<BlobPlace>();

  constructor(store: Store, registry: () => Promise<RegistryClient>, note: (text: string) => void) {
    this.#store = store;
    this.#registry = registry;
    this.#note = note;
  }

  /** @throws HoldfastError REMOTE_INVALID (exit 2) */
  addRemote(transport: Transport): void {
    const remote = openPlace(transport, this.#registry);
    if (!this.#remotes.some(({ name }) => name === remote.name)) this.#remotes.push(remote);
  }

  /** Brings a blob into the store, its bytes verified. @returns false where no place has it */
  bring(blob: WantedBlob): Promise<boolean> {
    const running = this.#onTheirWay.get(blob.digest);
    if (running) return running;
    const bringing = this.#bring(blob).finally(() => this.#onTheirWay.delete(blob.digest));
    this.#onTheirWay.set(blob.digest, bringing);
    return bringing;
  }

  async #bring(blob: WantedBlob): Promise<boolean> {
    for (const remote of this.#remotes) {
      if (this.#silent.has(remote)) continue;
      try {
        if (await remote.bring(blob, this.#store)) return true;
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        this.#note(`${remote.name} does not serve: ${error.message}`);
        if (error.exit === exitCodes.upstream) this.#silent.add(remote);
      }
    }
    return false;
  }

  /** Bytes of a small blob, from the store, or from a place that has it. @throws what Store.readBytes throws */
  async readBytes(digest: Digest): Promise<Buffer> {
    if (!(await this.#store.has(digest))) await this.bring({ digest });
    return this.#store.readBytes(digest);
  }

  /** Brings an image, as far as it is not there. A part that no place has is not missed here. */
  async bringImage(digest: Digest): Promise<void> {
    if (this.#remotes.length === 0) return;
    if (!(await this.#store.has(digest)) && !(await this.bring({ digest }))) return;
    const document = parseManifest(await this.#store.readBytes(digest));
    if (document.kind === 'index') return;
    const { config, layers } = document.manifest;
    await inParallel([config, ...layers], 4, async blob => {
      if ((await this.#store.size(blob.digest)) !== blob.size) await this.bring(blob);
    });
  }
}
