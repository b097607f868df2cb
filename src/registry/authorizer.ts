import { z } from 'zod';
import { lazy, upstreamError } from '../core/index.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { discard, showUrl, type HttpClient, type HttpResponse } from './http.ts';
import { readLimited } from './limited.ts';
import type { Reference } from './reference.ts';
import { Secret } from './secret.ts';

/** Whom a request is for and what it wants to do there, in the words of the token specification. */
export interface Access {
  readonly repository: Reference;
  /** The API's origin. */
  readonly origin: string;
  /** `repository:NAME:pull,push` and the like. */
  readonly scopes: readonly string[];
}

interface Token {
  readonly value: Secret;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

interface Grant {
  readonly scopes: readonly string[];
  readonly token: Promise<Token>;
}

const answerSchema = lazy(() =>
  z.object({
    token: z.string().optional(),
    access_token: z.string().optional(),
    expires_in: z.number().optional(),
  }),
);

/** distribution-spec token.md: what a token lives where the server does not say, in seconds. */
const defaultLifetime = 60;
const answerLimit = 1024 * 1024;

/**
 * Knows how each registry wants to be convinced, once it has said so, and keeps its tokens: Basic, and Bearer
 * with a token from the realm, asked for with a password, a refresh token or anonymously.
 */
export class Authorizer {
  readonly #http: HttpClient;
  readonly #credentials: CredentialSource;
  readonly #challenges = new Map<string, Challenge>();
  readonly #grants = new Map<string, Grant>();

  constructor(http: HttpClient, credentials: CredentialSource) {
    this.#http = http;
    this.#credentials = credentials;
  }

  /** The `Authorization` for a request, as far as the registry has asked for one before. */
  async authorization(access: Access): Promise<string | undefined> {
    const challenge = this.#challenges.get(access.origin);
    if (challenge === undefined) return undefined;
    const credentials = await this.#credentials.credentialsFor(access.repository);
    if (credentials?.kind === 'registry-token') return `Bearer ${credentials.token.reveal()}`;
    if (challenge.scheme === 'basic')
      return credentials?.kind === 'password' ? basic(credentials) : undefined;
    return `Bearer ${(await this.#token(access, challenge, credentials)).reveal()}`;
  }

  /**
   * Takes in a 401 to a request that was sent with the authorisation `used`.
   * @returns whether there is a way to ask again
   */
  challenged(access: Access, response: HttpResponse, used: string | undefined): boolean {
    const offers = parseChallenges(response.header('www-authenticate') ?? '');
    const challenge =
      offers.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined) ??
      offers.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) return false;
    this.#challenges.set(access.origin, challenge);
    // A request that went out without a token says nothing about the one that came meanwhile.
    if (used !== undefined) this.#grants.delete(grantKey(access));
    return true;
  }

  /** Where the credentials are from that the registry was shown, if it has asked for any. */
  async shown(access: Access): Promise<string | undefined> {
    if (!this.#challenges.has(access.origin)) return undefined;
    return (await this.#credentials.credentialsFor(access.repository))?.from;
  }

  async #token(access: Access, challenge: Challenge, credentials: Credentials | undefined): Promise<Secret> {
    const key = grantKey(access);
    const known = this.#grants.get(key);
    if (known) {
      const token = await known.token;
      if (token.expires > this.#http.clock.now()) return token.value;
    }
    // Whoever finds the old grant gone or replaced meanwhile shares the new one.
    const current = this.#grants.get(key);
    if (current && current !== known) return (await current.token).value;
    const scopes = known?.scopes ?? unitedScopes(access.scopes, challenge.parameters['scope']);
    const token = this.#fetchToken(access, challenge, scopes, credentials);
    this.#grants.set(key, { scopes, token });
    token.catch(() => this.#grants.delete(key));
    return (await token).value;
  }

  #fetchToken(
    access: Access,
    challenge: Challenge,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const realm = challenge.parameters['realm'] ?? '';
    if (!URL.canParse(realm, access.origin)) throw badAnswer(access, 'names no token server');
    const url = new URL(realm, access.origin);
    const form = new URLSearchParams(url.search);
    const service = challenge.parameters['service'];
    if (service !== undefined) form.set('service', service);
    return this.#http.retrying(async () => {
      const response =
        credentials?.kind === 'identity-token'
          ? await this.#postRefreshToken(url, form, scopes, credentials.token)
          : await this.#getToken(url, form, scopes, credentials);
      return this.#readToken(access, response, credentials);
    });
  }

  /** distribution-spec token.md: "Requesting a Token". */
  #getToken(url: URL, form: URLSearchParams, scopes: readonly string[], credentials?: Credentials) {
    const query = new URLSearchParams(form);
    for (const scope of scopes) query.append('scope', scope);
    const target = new URL(url);
    target.search = query.toString();
    const authorization = credentials?.kind === 'password' ? basic(credentials) : undefined;
    return this.#http.send({ method: 'GET', url: target, authorization });
  }

  /** distribution-spec oauth.md: "refresh_token" grant. */
  #postRefreshToken(url: URL, form: URLSearchParams, scopes: readonly string[], token: Secret) {
    const body = new URLSearchParams(form);
    body.set('grant_type', 'refresh_token');
    body.set('client_id', 'holdfast');
    body.set('refresh_token', token.reveal());
    body.set('scope', scopes.join(' '));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.#http.send({ method: 'POST', url, headers, body: () => body.toString(), redirects: false });
  }

  async #readToken(access: Access, response: HttpResponse, credentials?: Credentials): Promise<Token> {
    if (response.status !== 200) {
      await discard(response);
      if (isDenial(response.status))
        throw denied(access.repository, `${response.url.host} gave no token`, credentials?.from);
      throw badAnswer(access, `got ${response.status} from ${showUrl(response.url)}`);
    }
    const bytes = await readLimited(response, answerLimit, () => badAnswer(access, 'got an endless token'));
    let answer: z.infer<ReturnType<typeof answerSchema>>;
    try {
      answer = answerSchema().parse(JSON.parse(bytes.toString('utf8')));
    } catch {
      // Without the cause, which may quote the token.
      throw badAnswer(access, `got no token from ${showUrl(response.url)}`);
    }
    const value = answer.token || answer.access_token;
    if (!value || /[^\x21-\x7e]/.test(value))
      throw badAnswer(access, `got no token from ${showUrl(response.url)}`);
    const lifetime = 1000 * (answer.expires_in || defaultLifetime);
    // Renewed a little early, so that it does not run out on the way.
    return {
      value: new Secret(value),
      expires: this.#http.clock.now() + lifetime - Math.min(10_000, lifetime / 2),
    };
  }
}

function grantKey({ origin, scopes }: Access): string {
  return [origin, ...scopes].join(' ');
}

/** Ours, and those of the challenge that are about something else. */
function unitedScopes(ours: readonly string[], challenged = ''): string[] {
  const resource = (scope: string) => scope.slice(0, scope.lastIndexOf(':'));
  const known = new Set(ours.map(resource));
  return [...ours, ...challenged.split(' ').filter(scope => scope !== '' && !known.has(resource(scope)))];
}

function basic(credentials: Credentials & { kind: 'password' }): string {
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

export function isDenial(status: number): boolean {
  return status === 401 || status === 403;
}

/** REGISTRY_DENIED (exit 5): the registry or its token server says 401 or 403. `shown` is where credentials are from. */
export function denied({ domain, path }: Reference, why: string, shown?: string) {
  const login = `\`docker login ${domain}\``;
  if (shown === undefined) {
    return upstreamError('REGISTRY_DENIED', `${domain} does not give access to ${path}: ${why}`, {
      next: `Check the name; if the repository is private, log in with ${login}.`,
    });
  }
  const what = `${domain} does not give access to ${path} for the credentials in ${shown}: ${why}`;
  return upstreamError('REGISTRY_DENIED', what, {
    next: `Check the name, and whether that user may do this; if the password is an old one, log in again with ${login}.`,
  });
}

function badAnswer({ repository }: Access, why: string) {
  return upstreamError('REGISTRY_TOKEN', `logging in to ${repository.domain} ${why}`, {
    next: 'Check the host name and that no proxy or login page answers for it.',
  });
}
