import type { ApiRequest, RegistryApi } from './api.ts';
import { refusal } from './api.ts';
import {
  contentDigest,
  isContentDigest,
  splitDigest,
  type Content,
  type ContentDigest,
  type ContentManifest,
} from './copy/content.ts';
import { readDocument } from './copy/document.ts';
import { fetchBlob, mismatch, readManifestAnswer } from './download.ts';
import { discard, type HttpResponse } from './http.ts';
import { manifestLimit, manifestTypes, notAManifest, ociIndexType } from './manifest.ts';
import { pagesOf } from './pages.ts';
import { repositoryName, type Reference } from './reference.ts';
import { sendBlob, type BlobOutcome, type StreamedUpload } from './upload.ts';

const accept = manifestTypes.join(', ');

/** What became of a manifest that was put. */
export interface PutManifest {
  /** The registry keeps the list of referrers itself: distribution-spec, "Pushing Manifests with Subject". */
  readonly listsReferrers: boolean;
}

/**
 * One repository of a registry, by the distribution specification 1.1, for content of either digest algorithm. Every
 * method may throw what every request may: see RegistryClient.
 */
export class Repository {
  readonly name: Reference;
  readonly #api: RegistryApi;
  readonly #referrersApi: Map<string, boolean>;

  /** `referrersApi` gathers which registries turn out to have the API for referrers: those that have not are asked once. */
  constructor(api: RegistryApi, name: Reference, referrersApi: Map<string, boolean>) {
    this.#api = api;
    this.name = name;
    this.#referrersApi = referrersApi;
  }

  /** So many requests will come soon, and at once. */
  expect(requests: number): void {
    this.#api.expect(this.name.domain, requests);
  }

  /** Whether the registry keeps lists of referrers itself, as far as that is known. */
  hasReferrersApi(): boolean | undefined {
    return this.#referrersApi.get(this.name.domain);
  }

  /**
   * The verified manifest that a tag or digest names.
   * @throws HoldfastError REGISTRY_UNKNOWN, REGISTRY_NOT_A_MANIFEST (exit 5), REGISTRY_DIGEST_MISMATCH (exit 4)
   */
  async manifest(reference: string): Promise<ContentManifest> {
    const found = await this.#manifest(reference, true);
    // Refused above where there is none.
    return found as ContentManifest;
  }

  /** As `manifest`; nothing where the registry has none of that name. */
  manifestIfThere(reference: string): Promise<ContentManifest | undefined> {
    return this.#manifest(reference, false);
  }

  /** What a name stands for, by HEAD alone; nothing where the registry has or says none. */
  async head(reference: string, push = false): Promise<Content | undefined> {
    const target = `manifests/${reference}`;
    const response = await this.#request({ method: 'HEAD', target, headers: { accept }, push });
    await discard(response);
    const digest = response.header('docker-content-digest');
    const mediaType = response.header('content-type')?.split(';')[0]?.trim();
    if (response.status !== 200 || !isContentDigest(digest) || mediaType === undefined) return undefined;
    return { mediaType, digest, size: Number(response.header('content-length') ?? 0) };
  }

  /** A blob's bytes from an offset on, not verified; `lent` as {@link fetchBlob} has it. */
  blob(blob: Content, offset: number, lent = false): AsyncIterable<Uint8Array> {
    return fetchBlob(this.#api, this.name, blob, offset, lent);
  }

  /** See {@link sendBlob}. */
  send(upload: Omit<StreamedUpload, 'repository'>): Promise<BlobOutcome> {
    return sendBlob(this.#api, { ...upload, repository: this.name });
  }

  /**
   * Puts a manifest under a tag or its digest.
   * @throws HoldfastError REGISTRY_REFUSED, REGISTRY_DENIED (exit 5), REGISTRY_DIGEST_MISMATCH (exit 4)
   */
  async putManifest(reference: string, { descriptor, bytes }: ContentManifest): Promise<PutManifest> {
    const where = this.#named(reference);
    const answer = await this.#request({
      method: 'PUT',
      target: `manifests/${reference}`,
      headers: { 'content-type': descriptor.mediaType },
      body: () => bytes,
      push: true,
    });
    if (answer.status !== 201 && answer.status !== 200) throw await refusal(this.name, where, answer);
    await discard(answer);
    requireDigest(where, descriptor.digest, answer);
    return { listsReferrers: answer.header('oci-subject') !== undefined };
  }

  /** distribution-spec, "Listing Referrers"; nothing where the registry does not have that API. */
  async referrers(subject: ContentDigest): Promise<readonly Content[] | undefined> {
    if (this.hasReferrersApi() === false) return undefined;
    const found: Content[] = [];
    const first = { method: 'GET', repository: this.name, target: `referrers/${subject}` } as const;
    const headers = { accept: ociIndexType };
    const where = `${repositoryName(this.name)}: the list of referrers`;
    const tooLong = () => notAManifest(where, 'it is too long');
    for await (const { response, bytes } of pagesOf(
      this.#api,
      { ...first, headers },
      manifestLimit,
      tooLong,
    )) {
      const type = response.header('content-type')?.split(';')[0]?.trim();
      if (bytes === undefined || type !== ociIndexType) {
        if (bytes === undefined) await discard(response);
        // "404 Not Found" is how a registry says that it has no such API; others may be about this repository.
        if (response.status === 404) this.#referrersApi.set(this.name.domain, false);
        return undefined;
      }
      const document = readDocument(bytes, ociIndexType, where);
      this.#referrersApi.set(this.name.domain, true);
      if (document.kind === 'index') found.push(...document.manifests);
    }
    return found;
  }

  /**
   * distribution-spec, "Deleting tags" and "Deleting Manifests".
   * @throws HoldfastError REGISTRY_UNKNOWN, REGISTRY_REFUSED (exit 5)
   */
  async delete(reference: string): Promise<void> {
    const answer = await this.#request({ method: 'DELETE', target: `manifests/${reference}`, delete: true });
    const what = `deleting ${this.#named(reference)}`;
    if (answer.status !== 202 && answer.status !== 200) throw await refusal(this.name, what, answer);
    await discard(answer);
  }

  async #manifest(reference: string, required: boolean): Promise<ContentManifest | undefined> {
    const where = this.#named(reference);
    return this.#api.http.retrying(async () => {
      const request = { method: 'GET', target: `manifests/${reference}`, headers: { accept } } as const;
      const response = await this.#api.send({ ...request, repository: this.name });
      if (response.status === 404 && !required) {
        await discard(response);
        return undefined;
      }
      const { bytes, mediaType } = await readManifestAnswer(this.name, where, response);
      const wanted = isContentDigest(reference) ? reference : undefined;
      const { algorithm } = splitDigest(wanted ?? contentDigest('sha256', bytes));
      const digest = contentDigest(algorithm, bytes);
      if (wanted !== undefined && wanted !== digest) throw mismatch(where, wanted, digest);
      requireDigest(where, digest, response);
      return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
    });
  }

  /** A tag or digest of the repository, for messages. */
  #named(reference: string): string {
    return `${repositoryName(this.name)}${isContentDigest(reference) ? '@' : ':'}${reference}`;
  }

  #request(request: Omit<ApiRequest, 'repository'>): Promise<HttpResponse> {
    return this.#api.request({ ...request, repository: this.name });
  }
}

/** Where the registry says a digest by the same algorithm, it must be this one. */
function requireDigest(where: string, wanted: ContentDigest, answer: HttpResponse): void {
  const said = answer.header('docker-content-digest');
  if (!isContentDigest(said) || splitDigest(said).algorithm !== splitDigest(wanted).algorithm) return;
  if (said !== wanted) throw mismatch(where, wanted, said);
}
