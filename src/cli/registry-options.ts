import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { usageError } from '../core/index.ts';
import { noCredentials, RegistryClient, Secret, type CredentialSource } from '../registry/index.ts';

/** How to speak to registries; names are skopeo's. */
export interface RegistrySettings {
  readonly creds?: string | undefined;
  /** `false` after `--no-creds`. */
  readonly anonymous?: boolean | undefined;
  readonly tlsVerify?: boolean | undefined;
  readonly certDir?: string | undefined;
  /** The registries that `certDir` is for: what it shows one no other shall see. */
  readonly hosts: readonly string[];
  readonly authfile?: string | undefined;
  readonly retryTimes?: number | undefined;
}

/** Adds the options of one side: `src-`, `dest-`, or of the only one. */
export function addRegistryOptions(command: Command, side: 'src-' | 'dest-' | ''): Command {
  const of = side === 'src-' ? ' of the source' : side === 'dest-' ? ' of the destination' : '';
  return command
    .option(`--${side}creds <user:password>`, `credentials${of}`)
    .option(`--${side}no-creds`, `no credentials${of}`)
    .option(
      `--${side}tls-verify [bool]`,
      `check certificates${of}, and ask for TLS; default true`,
      booleanOption,
    )
    .option(`--${side}cert-dir <dir>`, `roots (*.crt), and a certificate with its key (*.cert, *.key)${of}`);
}

/** Options that both sides share. */
export function addSharedRegistryOptions(command: Command): Command {
  return command
    .option('--authfile <file>', 'where credentials are; default as Docker and Podman keep them')
    .option('--retry-times <n>', 'how often what may pass is tried again; default 4', countOption);
}

/** `--flag`, `--flag=true` and `--flag=false`, as in Go. */
export function booleanOption(text: string): boolean {
  if (['true', '1', 't'].includes(text.toLowerCase())) return true;
  if (['false', '0', 'f'].includes(text.toLowerCase())) return false;
  throw new InvalidArgumentError('It is true or false.');
}

export function countOption(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It is a number.');
  return Number(text);
}

/** The options as commander gives them, of one side. */
export function settingsOf(
  options: Readonly<Record<string, unknown>>,
  side: 'src' | 'dest' | '',
  hosts: readonly string[],
): RegistrySettings {
  const named = (name: string) =>
    options[side === '' ? name : `${side}${name[0]?.toUpperCase()}${name.slice(1)}`];
  return {
    creds: named('creds') as string | undefined,
    anonymous: named('noCreds') === true || named('creds') === false,
    tlsVerify: named('tlsVerify') as boolean | undefined,
    certDir: named('certDir') as string | undefined,
    hosts: named('certDir') === undefined ? [] : hosts,
    authfile: options['authfile'] as string | undefined,
    retryTimes: options['retryTimes'] as number | undefined,
  };
}

/** @throws HoldfastError CREDENTIALS_INVALID (exit 2), and what opening a client throws */
export async function openRegistryClient(
  settings: RegistrySettings,
  onWarning: (text: string) => void,
  signal?: AbortSignal,
): Promise<RegistryClient> {
  const { authfile, retryTimes, certDir, hosts } = settings;
  if (authfile !== undefined && !existsSync(authfile)) {
    throw usageError('CREDENTIALS_INVALID', `${authfile}, which --authfile names, is not there`, {
      next: 'Correct the name, or write the file with `podman login --authfile`.',
    });
  }
  const env = authfile === undefined ? process.env : { ...process.env, REGISTRY_AUTH_FILE: authfile };
  return RegistryClient.open({
    env,
    homeDirectory: process.env['HOME'] || homedir(),
    credentials: credentialsOf(settings),
    verifyTls: settings.tlsVerify,
    certificateDirectories: new Map(certDir === undefined ? [] : hosts.map(host => [apiHost(host), certDir])),
    attempts: retryTimes === undefined ? undefined : retryTimes + 1,
    onWarning: text => onWarning(`warning: ${text}`),
    signal,
  });
}

/** Where the API of a registry is, as URLs name it. */
function apiHost(domain: string): string {
  return domain === 'docker.io' ? 'registry-1.docker.io' : domain;
}

function credentialsOf({ creds, anonymous }: RegistrySettings): CredentialSource | undefined {
  if (anonymous === true) return noCredentials;
  if (typeof creds !== 'string') return undefined;
  const colon = creds.indexOf(':');
  if (colon <= 0) {
    throw usageError('CREDENTIALS_INVALID', 'credentials are a user name and a password', {
      next: 'Write them as USER:PASSWORD, or log in with `docker login`.',
    });
  }
  const credentials = {
    kind: 'password',
    username: creds.slice(0, colon),
    password: new Secret(creds.slice(colon + 1)),
    from: 'the command line or list',
  } as const;
  return { credentialsFor: () => Promise.resolve(credentials) };
}
