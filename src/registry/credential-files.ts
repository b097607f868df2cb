import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf, lazy, usageError } from '../core/index.ts';
import type { CredentialOptions } from './credentials.ts';

const entrySchema = lazy(() =>
  z.object({
    auth: z.string().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    identitytoken: z.string().optional(),
    registrytoken: z.string().optional(),
  }),
);

const configSchema = lazy(() =>
  z.object({
    auths: z.record(z.string(), entrySchema()).default({}),
    credsStore: z.string().optional(),
    credHelpers: z.record(z.string(), z.string()).default({}),
  }),
);

export type CredentialEntry = z.infer<ReturnType<typeof entrySchema>>;
export type CredentialConfig = z.infer<ReturnType<typeof configSchema>>;

/** A place where credentials may be written, in the format of Docker's `config.json` and containers-auth.json. */
export interface CredentialPlace {
  /** For messages. */
  readonly name: string;
  /** An empty one where there is no such place. @throws HoldfastError CREDENTIALS_INVALID (exit 2) */
  readonly read: () => Promise<CredentialConfig>;
}

/**
 * All places, the first that knows a registry counts: the file that REGISTRY_AUTH_FILE names and then no other; the
 * text in DOCKER_AUTH_CONFIG (GitLab, Docker); `config.json` in DOCKER_CONFIG; the files of Podman and skopeo
 * (containers-auth.json); `~/.docker/config.json` where DOCKER_CONFIG is not set; and the registry of a GitLab job.
 */
export function credentialPlaces({ env, homeDirectory }: CredentialOptions): CredentialPlace[] {
  const { REGISTRY_AUTH_FILE: only, DOCKER_AUTH_CONFIG: text, DOCKER_CONFIG: docker } = env;
  const { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config } = env;
  if (only) return [filePlace(only), gitlabJob(env)];
  return [
    ...(text ? [textPlace('DOCKER_AUTH_CONFIG', text)] : []),
    ...(docker ? [filePlace(join(docker, 'config.json'))] : []),
    ...(runtime ? [filePlace(join(runtime, 'containers', 'auth.json'))] : []),
    filePlace(join(config || join(homeDirectory, '.config'), 'containers', 'auth.json')),
    ...(docker ? [] : [filePlace(join(homeDirectory, '.docker', 'config.json'))]),
    gitlabJob(env),
  ];
}

function filePlace(file: string): CredentialPlace {
  return {
    name: file,
    async read() {
      try {
        return parseConfig(await readFile(file, 'utf8'), file);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return configSchema().parse({});
        if (errnoOf(error) === undefined) throw error;
        throw invalidCredentials(file, `cannot be read (${errnoOf(error)})`);
      }
    },
  };
}

const textPlace = (name: string, text: string): CredentialPlace => ({
  name,
  read: async () => parseConfig(text, name),
});

/** GitLab's predefined variables: the project's registry, and the group's proxy of Docker Hub, with the job's token. */
function gitlabJob(env: CredentialOptions['env']): CredentialPlace {
  const named = (server: string | undefined, username: string | undefined, password: string | undefined) =>
    server && username && password ? { [server]: { username, password } } : {};
  const { CI_JOB_TOKEN: token, CI_REGISTRY: registry } = env;
  const auths = {
    ...named(registry, 'gitlab-ci-token', token),
    ...named(registry, env['CI_REGISTRY_USER'], env['CI_REGISTRY_PASSWORD']),
    ...named(
      env['CI_DEPENDENCY_PROXY_SERVER'],
      env['CI_DEPENDENCY_PROXY_USER'],
      env['CI_DEPENDENCY_PROXY_PASSWORD'],
    ),
  };
  return { name: "the GitLab job's variables", read: async () => configSchema().parse({ auths }) };
}

function parseConfig(text: string, name: string): CredentialConfig {
  try {
    return configSchema().parse(JSON.parse(text));
  } catch {
    // The cause is left out: a JSON error quotes the text, which holds secrets.
    throw invalidCredentials(name, 'is not a Docker configuration');
  }
}

export function invalidCredentials(name: string, why: string) {
  return usageError('CREDENTIALS_INVALID', `${name} ${why}`, {
    next: 'Correct it, or write it anew with `docker login`.',
  });
}
