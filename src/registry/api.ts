import { z } from 'zod';
import { type HoldfastError, lazy, upstreamError } from '../core/index.ts';
import { denied, isDenial, type Access, type Authorizer } from './authorizer.ts';
import { isLoopback } from './dispatchers.ts';
import { discard, type HttpClient, type HttpRequest, type HttpResponse } from './http.ts';
import { readLimited } from './limited.ts';
import { isPlainHttpSuspect } from './network-failure.ts';
import { answersInHttp } from './plain-http.ts';
import { repositoryName, type Reference } from './reference.ts';

/** A request to one repository's part of the API (distribution-spec, "Endpoints"). */
export interface ApiRequest {
  readonly method: HttpRequest['method'];
  readonly repository: Reference;
  /** Below `/v2/<name>/`, or a whole URL that the registry gave as Location. */
  readonly target: string | URL;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: HttpRequest['headers'];
  readonly body?: HttpRequest['body'];
  /** Pull only unless it says otherwise. */
  readonly push?: boolean | undefined;
  /** Deletes what is there: an action of its own in the token specification. */
  readonly delete?: boolean | undefined;
  /** A repository on the same registry that a blob is mounted from. */
  readonly mountFrom?: Reference | undefined;
}

export interface ApiResponse extends HttpResponse {
  /** Where the credentials are from that the registry was shown and did not take. */
  readonly shown?: string | undefined;
}

/** Requests with the registry's origin found and its authorisation worked out. */
export class RegistryApi {
  readonly http: HttpClient;
  readonly #authorizer: Authorizer;
  readonly #origins = new Map<string, Promise<string>>();

  constructor(http: HttpClient, authorizer: Authorizer) {
    this.http = http;
    this.#authorizer = authorizer;
  }

  /** One attempt; asks a second time with authorisation where the first answer is 401. */
  async send(request: ApiRequest): Promise<ApiResponse> {
    const origin = await this.#origin(request.repository.domain);
    const access: Access = { repository: request.repository, origin, scopes: scopesOf(request) };
    const response = await this.#send(request, access);
    if (!isDenial(response.status) || response.url.origin !== origin) return response;
    return { ...response, shown: await this.#authorizer.shown(access) };
  }

  async #send(request: ApiRequest, access: Access): Promise<HttpResponse> {
    const { origin } = access;
    const url = urlOf(request, origin);
    const { method, headers, body } = request;
    // An upload may live on another host, which gets no credentials.
    const own = url.origin === origin;
    const authorization = own ? await this.#authorizer.authorization(access) : undefined;
    const response = await this.http.send({ method, url, headers, body, authorization });
    const asked = response.status === 401 && response.url.origin === origin;
    if (!asked || !this.#authorizer.challenged(access, response, authorization)) return response;
    const better = await this.#authorizer.authorization(access);
    if (better === undefined || better === authorization) return response;
    await discard(response);
    return this.http.send({ method, url, headers, body, authorization: better });
  }

  /** As `send`, again and again while the failure may pass. */
  request(request: ApiRequest): Promise<ApiResponse> {
    return this.http.retrying(() => this.send(request));
  }

  /** So many requests to the registry will come soon, and at once. */
  expect(domain: string, requests: number): void {
    const expected = this.#origin(domain).then(origin => this.http.expect(origin, requests));
    // Whoever asks for something learns what is wrong.
    expected.catch(() => {});
  }

  #origin(domain: string): Promise<string> {
    const known = this.#origins.get(domain);
    if (known) return known;
    const origin = this.#findOrigin(domain);
    this.#origins.set(domain, origin);
    origin.catch(() => this.#origins.delete(domain));
    return origin;
  }

  /** Where plain HTTP is allowed, TLS is still tried first, as Docker does with insecure registries. */
  async #findOrigin(domain: string): Promise<string> {
    const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain;
    const secure = new URL(`https://${host}/v2/`);
    if (!this.http.mayUsePlainHttp(secure)) return secure.origin;
    const plain = new URL(`http://${host}`);
    // A port that is left out is another one without TLS.
    if (isLoopback(secure.hostname) && plain.port !== '' && (await answersInHttp(plain))) return plain.origin;
    try {
      await discard(await this.http.send({ method: 'GET', url: secure, redirects: false }));
      return secure.origin;
    } catch (error) {
      if (!isPlainHttpSuspect(error)) return secure.origin;
      return plain.origin;
    }
  }
}

function urlOf({ target, query, repository }: ApiRequest, origin: string): URL {
  const url =
    typeof target === 'string' ? new URL(`${origin}/v2/${repository.path}/${target}`) : new URL(target);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}

function scopesOf({ repository, push, mountFrom, ...request }: ApiRequest): string[] {
  const actions = request.delete ? 'pull,delete' : push ? 'pull,push' : 'pull';
  const own = `repository:${repository.path}:${actions}`;
  return mountFrom ? [own, `repository:${mountFrom.path}:pull`] : [own];
}

const errorsSchema = lazy(() =>
  z.object({
    errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1),
  }),
);

/**
 * What an answer that is no success means. Reads its body.
 * @returns HoldfastError REGISTRY_UNKNOWN, REGISTRY_DENIED or REGISTRY_REFUSED (all exit 5)
 */
export async function refusal(
  repository: Reference,
  what: string,
  response: ApiResponse,
): Promise<HoldfastError> {
  const said = await errorText(response);
  if (isDenial(response.status)) return denied(repository, said, response.shown);
  if (response.status === 404) {
    return upstreamError('REGISTRY_UNKNOWN', `${repository.domain} has no ${what} (${said})`, {
      next: `Check the spelling of ${repositoryName(repository)} and its tag; \`docker login ${repository.domain}\` if it is private.`,
    });
  }
  return upstreamError('REGISTRY_REFUSED', `${repository.domain} refused ${what}: ${said}`, {
    next: 'See what the registry says of itself; it may not allow this, or not understand this kind of image.',
  });
}

/** The registry's own error (distribution-spec, "Error Codes") on one line, or the status. */
async function errorText(response: HttpResponse): Promise<string> {
  const fallback = `status ${response.status}`;
  const bytes = await readLimited(response, 64 * 1024, () => new Error('too long')).catch(() =>
    Buffer.alloc(0),
  );
  try {
    const [first] = errorsSchema().parse(JSON.parse(bytes.toString('utf8'))).errors;
    const text = `${first?.code ?? fallback} ${first?.message ?? ''}`;
    return text
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(0, 200);
  } catch {
    return fallback;
  }
}
