import { RegistryApi } from './api.ts';
import { Authorizer } from './authorizer.ts';
import { systemClock, type Clock } from './clock.ts';
import { dockerCredentials, type CredentialSource } from './credentials.ts';
import { openDispatchers, type Dispatchers, type Environment } from './dispatchers.ts';
import type { Digest } from '../core/index.ts';
import { fetchBlob, fetchManifest, headBlob, headManifest } from './download.ts';
import { hostCertificates } from './host-certificates.ts';
import { HttpClient } from './http.ts';
import type { Descriptor, RawManifest } from './manifest.ts';
import { pushManifest } from './push-manifest.ts';
import type { Reference } from './reference.ts';
import { pushBlob, type BlobOutcome } from './upload.ts';
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

  private constructor(api: RegistryApi, dispatchers: Dispatchers) {
    this.#api = api;
    this.#dispatchers = dispatchers;
  }

  static async open(options: RegistryOptions): Promise<RegistryClient> {
    const { env, homeDirectory, roots = new Map() } = options;
    const dispatchers = await openDispatchers(env, hostCertificates(roots, env, homeDirectory));
    const named = (options.env['HOLDFAST_PLAIN_HTTP'] ?? '').split(',').map(host => host.trim());
    const plainHttp = [...(options.plainHttp ?? []), ...named.filter(host => host !== '')];
    const { clock = systemClock, signal } = options;
    const http = new HttpClient({ dispatchers, clock, plainHttp, signal });
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

  /** See {@link pushBlob}. */
  pushBlob(upload: BlobUpload): Promise<BlobOutcome> {
    return pushBlob(this.#api, upload);
  }

  /** See {@link pushManifest}. */
  pushManifest(reference: Reference, manifest: RawManifest): Promise<'present' | 'uploaded'> {
    return pushManifest(this.#api, reference, manifest);
  }
}
