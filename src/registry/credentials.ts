import { join } from 'node:path';
import {
  credentialPlaces,
  invalidCredentials,
  type CredentialConfig,
  type CredentialEntry,
} from './credential-files.ts';
import { askHelper, type HelperAnswer } from './credential-helper.ts';
import type { Environment } from './dispatchers.ts';
import type { Reference } from './reference.ts';
import { Secret } from './secret.ts';

/** What a registry may be told: a name and password, an OAuth2 refresh token, or a finished bearer token. */
export type Credentials = (
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'identity-token'; readonly token: Secret }
  | { readonly kind: 'registry-token'; readonly token: Secret }
) & {
  /** The place that they were found in, for messages. */
  readonly from?: string | undefined;
};

export interface CredentialSource {
  /**
   * The credentials for a repository, or nothing where there are none.
   * @throws HoldfastError CREDENTIALS_INVALID, CREDENTIAL_HELPER_FAILED (exit 2)
   */
  credentialsFor(repository: Reference): Promise<Credentials | undefined>;
}

export interface CredentialOptions {
  readonly env: Environment;
  readonly homeDirectory: string;
}

/** The key under which Docker keeps the credentials of docker.io. */
const dockerHubKey = 'https://index.docker.io/v1/';

/**
 * Credentials as Docker, Podman and skopeo keep them, in the order of {@link credentialPlaces}; in each a helper for
 * the host, else the helper for all, else what is written there.
 */
export function dockerCredentials(options: CredentialOptions): CredentialSource {
  const places = credentialPlaces(options).map(place => ({ ...place, read: once(place.read) }));
  // One process a registry, not one a request: some helpers ask a key ring, or the network.
  const answers = new Map<string, Promise<HelperAnswer | undefined>>();
  const askOnce = (helper: string, domain: string, file: string) => {
    const key = `${helper} ${domain}`;
    const answer = answers.get(key) ?? askHelper(helper, serverName(domain), { env: options.env, file });
    answers.set(key, answer);
    return answer;
  };
  return {
    async credentialsFor(repository) {
      const { domain } = repository;
      for (const { name, read } of places) {
        const config = await read();
        const helper = config.credHelpers[domain] ?? config.credsStore;
        const entry = findEntry(config.auths, repository);
        const found =
          (helper && fromHelper(await askOnce(helper, domain, name))) || (entry && fromEntry(entry, name));
        if (found) return { ...found, from: name };
      }
      return undefined;
    },
  };
}

function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined;
  return () => (running ??= work());
}

/** Where credentials are kept, and for whom; never what they are. */
export interface CredentialNames {
  /** The places that know registries; where none does, the one where `docker login` writes. */
  readonly file: string;
  /** Registries, or parts of one, sorted. */
  readonly registries: readonly string[];
  /** The helper that is asked for every other registry, which alone knows for whom it has some. */
  readonly helper?: string | undefined;
}

/** @throws HoldfastError CREDENTIALS_INVALID (exit 2) */
export async function credentialNames(options: CredentialOptions): Promise<CredentialNames> {
  const registries = new Set<string>();
  const knowing: string[] = [];
  let helper: string | undefined;
  for (const { name, read } of credentialPlaces(options)) {
    const { auths, credHelpers, credsStore } = await read();
    const names = [...Object.keys(auths).map(plainName), ...Object.keys(credHelpers)];
    for (const one of names) registries.add(one);
    helper ??= credsStore;
    if (names.length > 0 || credsStore !== undefined) knowing.push(name);
  }
  const usual = join(options.env['DOCKER_CONFIG'] || join(options.homeDirectory, '.docker'), 'config.json');
  const file = knowing.length > 0 ? knowing.join(', ') : (options.env['REGISTRY_AUTH_FILE'] ?? usual);
  return { file, registries: [...registries].toSorted(), helper };
}

/** For tests and for registries that are open to all. */
export const noCredentials: CredentialSource = { credentialsFor: () => Promise.resolve(undefined) };

function serverName(domain: string): string {
  return domain === 'docker.io' ? dockerHubKey : domain;
}

/** The entry with the longest matching name: Podman keeps credentials for parts of a registry, too. */
function findEntry(auths: CredentialConfig['auths'], { domain, path }: Reference) {
  const parts = `${domain}/${path}`.split('/');
  const byName = new Map(Object.entries(auths).map(([key, entry]) => [plainName(key), entry]));
  for (let length = parts.length; length > 0; length--) {
    const entry = byName.get(parts.slice(0, length).join('/'));
    if (entry) return entry;
  }
  return undefined;
}

/** `https://r.example.org/v1/` is how old Dockers wrote `r.example.org`. */
function plainName(key: string): string {
  const name = key.replace(/^https?:\/\//, '').replace(/(?:\/v[12])?\/?$/, '');
  return name.replace(/^(?:index|registry-1)\.docker\.io(?=\/|$)/, 'docker.io');
}

function fromEntry(entry: CredentialEntry, file: string): Credentials | undefined {
  if (entry.registrytoken) return { kind: 'registry-token', token: new Secret(entry.registrytoken) };
  if (entry.identitytoken) return { kind: 'identity-token', token: new Secret(entry.identitytoken) };
  if (entry.auth) {
    const text = Buffer.from(entry.auth, 'base64').toString();
    const colon = text.indexOf(':');
    if (colon < 0) throw invalidCredentials(file, 'has an "auth" that is not base64 of user:password');
    // Docker pads the password with zero bytes.
    return password(text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, ''));
  }
  return entry.username ? password(entry.username, entry.password ?? '') : undefined;
}

function fromHelper(answer: HelperAnswer | undefined): Credentials | undefined {
  if (answer === undefined) return undefined;
  // docker-credential-helpers: this user name marks an identity token.
  if (answer.username === '<token>') return { kind: 'identity-token', token: new Secret(answer.secret) };
  return password(answer.username, answer.secret);
}

function password(username: string, text: string): Credentials {
  return { kind: 'password', username, password: new Secret(text) };
}
