import { exitCodes, HoldfastError, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import type { Snapshots } from '../kinds/index.ts';
import {
  hostOf,
  inParallel,
  mirroredReferences,
  type MirrorRule,
  type Reference,
  type RegistryClient,
  type Transport,
} from '../registry/index.ts';
import { openPlace, type BlobPlace, type WantedBlob } from '../share/index.ts';
import type { Store } from '../store/index.ts';
import type { Configuration } from './configuration.ts';

/** What the command line says of registries. */
export interface RegistrySettings {
  readonly mirrors?: readonly MirrorRule[] | undefined;
  /** Whether an image that has mirrors is looked for there alone. */
  readonly onlyMirrors?: boolean | undefined;
  /** Hosts that may be spoken to without TLS. */
  readonly plainHttp?: readonly string[] | undefined;
  /** By host, a file with its root certificate, PEM. */
  readonly roots?: ReadonlyMap<string, string> | undefined;
}

/** Where blobs come from that the store lacks, before any upstream is asked: by digest, so that it does not matter where. */
export class Places {
  readonly #store: Store;
  readonly #registry: () => Promise<RegistryClient>;
  readonly #note: (text: string) => void;
  readonly #remotes: BlobPlace[] = [];
  readonly #mirrors: MirrorRule[] = [];
  #snapshots: Snapshots = {};
  readonly #plainHttp: string[] = [];
  readonly #settings: RegistrySettings;
  readonly #onTheirWay = new Map<Digest, Promise<boolean>>();
  /** Those that did not answer: each blob would wait for them again. */
  readonly #silent = new Set<BlobPlace>();

  constructor(
    store: Store,
    registry: () => Promise<RegistryClient>,
    note: (text: string) => void,
    settings: RegistrySettings = {},
  ) {
    this.#store = store;
    this.#registry = registry;
    this.#note = note;
    this.#settings = settings;
    this.#mirrors.push(...(settings.mirrors ?? []));
    this.#plainHttp.push(...(settings.plainHttp ?? []));
  }

  /** Tells the user of what happens once: what was brought is found in the store from then on. */
  tell(text: string): void {
    this.#note(text);
  }

  /** What the client of all registries must know of some; complete once the project's configuration was read. */
  get hosts(): { readonly plainHttp: readonly string[]; readonly roots: ReadonlyMap<string, string> } {
    const { roots = [] } = this.#settings;
    const mirrors = this.#mirrors.flatMap(rule => rule.mirrors);
    const plain = mirrors.filter(mirror => mirror.plainHttp).map(({ location }) => hostOf(location));
    const files = mirrors.flatMap(({ location, ca }) =>
      ca === undefined ? [] : [[hostOf(location), ca] as const],
    );
    return { plainHttp: [...this.#plainHttp, ...plain], roots: new Map([...roots, ...files]) };
  }

  /** Takes in what a project says; what the command line says counts before it, and mirrors prefix by prefix. */
  configure({ remote, mirrors, plainHttp, snapshots }: Configuration): void {
    if (remote !== undefined) this.addRemote(remote);
    for (const rule of mirrors)
      if (!this.#mirrors.some(({ prefix }) => prefix === rule.prefix)) this.#mirrors.push(rule);
    this.#plainHttp.push(...plainHttp);
    this.#snapshots = { ...this.#snapshots, ...snapshots };
  }

  /** Where an image is looked for: its mirrors in their order, then its own place. */
  placesOf(reference: Reference): Reference[] {
    const mirrored = mirroredReferences(reference, this.#mirrors);
    return this.#settings.onlyMirrors && mirrored.length > 0 ? mirrored : [...mirrored, reference];
  }

  /** Where the project has archives' pasts looked up. */
  get snapshots(): Snapshots {
    return this.#snapshots;
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
