import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf, usageError } from '../core/index.ts';
import { askHelper, type HelperAnswer } from './credential-helper.ts';
import type { Environment } from './dispatchers.ts';
import type { Reference } from './reference.ts';
import { Secret } from './secret.ts';

/** What a registry may be told: a name and password, an OAuth2 refresh token, or a finished bearer token. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'identity-token'; readonly token: Secret }
  | { readonly kind: 'registry-token'; readonly token: Secret };

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

const entrySchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});

const configSchema = z.object({
  auths: z.record(z.string(), entrySchema).default({}),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).default({}),
});

/**
 * Credentials as Docker and Podman keep them: the file that REGISTRY_AUTH_FILE names, else `config.json` in
 * DOCKER_CONFIG or in `~/.docker`; inside it a helper for the host, else the helper for all, else what is
 * written there.
 */
export function dockerCredentials(options: CredentialOptions): CredentialSource {
  const file = credentialFile(options);
  let reading: Promise<z.infer<typeof configSchema>> | undefined;
  // One process a registry, not one a request: some helpers ask a key ring, or the network.
  const answers = new Map<string, Promise<HelperAnswer | undefined>>();
  const askOnce = (helper: string, domain: string) => {
    const answer = answers.get(domain) ?? askHelper(helper, serverName(domain), { env: options.env, file });
    answers.set(domain, answer);
    return answer;
  };
  return {
    async credentialsFor(repository) {
      const config = await (reading ??= readConfig(file));
      const { domain } = repository;
      const helper = config.credHelpers[domain] ?? config.credsStore;
      if (helper) return fromHelper(await askOnce(helper, domain));
      const entry = findEntry(config.auths, repository);
      return entry && fromEntry(entry, file);
    },
  };
}

/** Where credentials are kept, and for whom; never what they are. */
export interface CredentialNames {
  readonly file: string;
  /** Registries, or parts of one, sorted. */
  readonly registries: readonly string[];
  /** The helper that is asked for every other registry, which alone knows for whom it has some. */
  readonly helper?: string | undefined;
}

/** @throws HoldfastError CREDENTIALS_INVALID (exit 2) */
export async function credentialNames(options: CredentialOptions): Promise<CredentialNames> {
  const file = credentialFile(options);
  const { auths, credHelpers, credsStore } = await readConfig(file);
  const registries = new Set([...Object.keys(auths).map(plainName), ...Object.keys(credHelpers)]);
  return { file, registries: [...registries].toSorted(), helper: credsStore };
}

/** For tests and for registries that are open to all. */
export const noCredentials: CredentialSource = { credentialsFor: () => Promise.resolve(undefined) };

function credentialFile({ env, homeDirectory }: CredentialOptions): string {
  if (env['REGISTRY_AUTH_FILE']) return env['REGISTRY_AUTH_FILE'];
  return join(env['DOCKER_CONFIG'] || join(homeDirectory, '.docker'), 'config.json');
}

async function readConfig(file: string) {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return configSchema.parse({});
    throw invalid(file, `cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // The cause is left out: a JSON error quotes the text, which holds secrets.
    throw invalid(file, 'is not a Docker configuration');
  }
}

function serverName(domain: string): string {
  return domain === 'docker.io' ? dockerHubKey : domain;
}

/** The entry with the longest matching name: Podman keeps credentials for parts of a registry, too. */
function findEntry(
  auths: Readonly<Record<string, z.infer<typeof entrySchema>>>,
  { domain, path }: Reference,
) {
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

function fromEntry(entry: z.infer<typeof entrySchema>, file: string): Credentials | undefined {
  if (entry.registrytoken) return { kind: 'registry-token', token: new Secret(entry.registrytoken) };
  if (entry.identitytoken) return { kind: 'identity-token', token: new Secret(entry.identitytoken) };
  if (entry.auth) {
    const text = Buffer.from(entry.auth, 'base64').toString();
    const colon = text.indexOf(':');
    if (colon < 0) throw invalid(file, 'has an "auth" that is not base64 of user:password');
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

function invalid(file: string, why: string) {
  return usageError('CREDENTIALS_INVALID', `${file} ${why}`, {
    next: 'Correct it, or write it anew with `docker login`.',
  });
}
