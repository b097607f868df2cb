import { RegistryApi } from './api.ts';
import { Authorizer } from './authorizer.ts';
import { systemClock, type Clock } from './clock.ts';
import { dockerCredentials, type CredentialSource } from './credentials.ts';
import type { Digest } from '../core/index.ts';
import { openDispatchers, type Dispatchers, type Environment } from './dispatchers.ts';
import { fetchBlob, fetchManifest, headBlob, headManifest } from './download.ts';
import { hostCertificates } from './host-certificates.ts';
import { HttpClient } from './http.ts';
import type { Descriptor, RawManifest } from './manifest.ts';
import { pushManifest } from './push-manifest.ts';
import type { Reference } from './reference.ts';
import { tagsOf } from './pages.ts';
import { Repository } from './repository.ts';
import { reported } from './transfer.ts';
import { sendBlob, type BlobOutcome } from './upload.ts';
import type { BlobUpload } from './upload-session.ts';

export interface RegistryOptions {
  /** Proxies, roots and places of credentials come from here, and HOLDFAST_PLAIN_HTTP: see `plainHttp`. */
  readonly env: Environment;
  readonly homeDirectory: string;
  /** Docker's own by default. */
  readonly credentials?: CredentialSource | undefined;
  /**
   * Registries (`host` or `host:port`) besides the loopback that may be spoken to without TLS. The environment's
   * HOLDFAST_PLAIN_HTTP adds more, separated by commas.
   */
  readonly plainHttp?: readonly string[] | undefined;
  /** By `host` or `host:port`, a file with its root certificate, PEM. */
  readonly roots?: ReadonlyMap<string, string> | undefined;
  /** By `host` or `host:port`, a directory with its certificates, as one of Docker's `certs.d`. */
  readonly certificateDirectories?: ReadonlyMap<string, string> | undefined;
  /** `false` takes any certificate, and plain HTTP from every host. */
  readonly verifyTls?: boolean | undefined;
  /** How often a request is made at most; five times where nothing is said. */
  readonly attempts?: number | undefined;
  /** Told what a registry warns of: distribution-spec, "Warnings". */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A client of the OCI distribution specification 1.1: anonymous, Basic and Bearer access, any number of registries.
 * Every request waits and tries again where that may help, and may throw REGISTRY_UNREACHABLE, REGISTRY_TLS,
 * REGISTRY_UNAVAILABLE, REGISTRY_RATE_LIMITED, REGISTRY_REDIRECT, REGISTRY_TOKEN, REGISTRY_DENIED (exit 5) or
 * REGISTRY_PLAIN_HTTP (exit 2).
 */
export class RegistryClient {
  readonly #api: RegistryApi;
  readonly #dispatchers: Dispatchers;
  readonly #referrersApi = new Map<string, boolean>();

  private constructor(api: RegistryApi, dispatchers: Dispatchers) {
    this.#api = api;
    this.#dispatchers = dispatchers;
  }

  static async open(options: RegistryOptions): Promise<RegistryClient> {
    const { env, homeDirectory, roots = new Map(), certificateDirectories, verifyTls = true } = options;
    const certificates = hostCertificates(roots, env, homeDirectory, certificateDirectories);
    const dispatchers = await openDispatchers(env, certificates, verifyTls);
    const named = (options.env['HOLDFAST_PLAIN_HTTP'] ?? '').split(',').map(host => host.trim());
    const plainHttp = [...(options.plainHttp ?? []), ...named.filter(host => host !== '')];
    const { clock = systemClock, attempts, onWarning, signal } = options;
    const insecure = !verifyTls;
    const http = new HttpClient({ dispatchers, clock, plainHttp, insecure, attempts, onWarning, signal });
    const authorizer = new Authorizer(http, options.credentials ?? dockerCredentials(options));
    return new RegistryClient(new RegistryApi(http, authorizer), dispatchers);
  }

  /** Closes all connections. */
  close(): Promise<void> {
    return this.#dispatchers.close();
  }

  /** The verified manifest or index that a tag or digest names: see {@link fetchManifest}. */
  manifest(reference: Reference): Promise<RawManifest> {
    return fetchManifest(this.#api, reference);
  }

  /** What a tag or digest names, by HEAD alone; nothing where the registry has no such thing or does not say. */
  manifestDescriptor(reference: Reference): Promise<Descriptor | undefined> {
    return headManifest(this.#api, reference);
  }

  /** Bytes of a blob; nothing where the repository has it not, or does not say. */
  blobSize(repository: Reference, digest: Digest): Promise<number | undefined> {
    return headBlob(this.#api, repository, digest);
  }

  /** A blob's bytes, not yet verified: see {@link fetchBlob}. */
  blob(repository: Reference, blob: Descriptor): AsyncIterable<Uint8Array> {
    return fetchBlob(this.#api, repository, blob);
  }

  /** A blob of the store, verified as it is read: see {@link sendBlob}. */
  pushBlob({ store, blob, onTransfer, ...upload }: BlobUpload): Promise<BlobOutcome> {
    const read = (offset: number) =>
      reported(skipping(store.read(blob.digest), offset), blob, onTransfer, offset);
    return sendBlob(this.#api, { ...upload, blob, read });
  }

  /** One repository with all of its API, for what is only moved. */
  repository(name: Reference): Repository {
    return new Repository(this.#api, name, this.#referrersApi);
  }

  /** See {@link tagsOf}. */
  tags(repository: Reference): AsyncIterable<string> {
    return tagsOf(this.#api, repository);
  }

  /** See {@link pushManifest}. */
  pushManifest(reference: Reference, manifest: RawManifest): Promise<'present' | 'uploaded'> {
    return pushManifest(this.#api, reference, manifest);
  }
}

/** The bytes without the first `count`. */
async function* skipping(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count;
  for await (const chunk of chunks) {
    const fresh = chunk.subarray(Math.min(left, chunk.byteLength));
    left -= chunk.byteLength - fresh.byteLength;
    if (fresh.byteLength > 0) yield fresh;
  }
}
