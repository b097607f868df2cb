// Pushes to and pulls from each of the registries that are played here, with credentials as their tools leave them.
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  openSource,
  parseReference,
  pullImage,
  pushImage,
  RegistryClient,
} from '../../src/registry/index.ts';
import { sampleImage } from '../../src/registry/testing/sample-image.ts';
import { fakeClock, openWorkspace, type Workspace } from '../../src/registry/testing/stores.ts';
import { startAcr } from './acr.ts';
import { startArtifactRegistry } from './artifact-registry.ts';
import { startDockerHub } from './docker-hub.ts';
import { startEcr } from './ecr.ts';
import { startGhcr } from './ghcr.ts';
import { startGitlab } from './gitlab.ts';
import { startHarbor } from './harbor.ts';
import type { PlayedRegistry } from './played.ts';
import { startQuay } from './quay.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const secret = 's3cret-forest';

let work: Workspace;
let home: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  work = await openWorkspace();
  home = join(work.directory, 'home');
  await mkdir(join(home, '.docker'), { recursive: true });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await work.remove();
});

type Config = (domain: string) => object | Promise<object>;
const basic = (username: string): Config => {
  const auth = Buffer.from(`${username}:${secret}`).toString('base64');
  return domain => ({ auths: { [domain]: { auth } } });
};
/** As `docker-credential-ecr-login` and `docker-credential-gcloud` are written into the configuration. */
const helper = (name: string, username: string): Config => {
  return async domain => {
    const file = join(home, `docker-credential-${name}`);
    const answer = JSON.stringify({ ServerURL: domain, Username: username, Secret: secret });
    await writeFile(file, `#!/bin/sh\n[ "$(cat)" = ${domain} ] && echo '${answer}'\n`);
    await chmod(file, 0o755);
    return { credHelpers: { [domain]: name } };
  };
};

interface Case {
  readonly name: string;
  readonly start: () => Promise<PlayedRegistry>;
  readonly config: Config;
  readonly env?: (domain: string) => Record<string, string>;
  readonly image: string;
  /** Whether the password itself goes to the registry, as with Basic. */
  readonly basic?: true;
}

const cases: readonly Case[] = [
  {
    name: 'Docker Hub',
    start: () => startDockerHub(`kelp:${secret}`),
    config: basic('kelp'),
    image: 'kelp/app',
  },
  { name: 'GHCR', start: () => startGhcr(`kelp:${secret}`), config: basic('kelp'), image: 'kelp/app' },
  {
    name: 'GitLab, in a job',
    start: () => startGitlab(`gitlab-ci-token:${secret}`),
    config: () => ({}),
    env: CI_REGISTRY => ({ CI_REGISTRY, CI_JOB_TOKEN: secret }),
    image: 'group/project/app',
  },
  {
    name: 'ECR',
    start: () => startEcr(`AWS:${secret}`, ['app']),
    config: helper('ecr-login', 'AWS'),
    image: 'app',
    basic: true,
  },
  {
    name: 'Artifact Registry',
    start: () => startArtifactRegistry(`oauth2accesstoken:${secret}`),
    config: helper('gcloud', 'oauth2accesstoken'),
    image: 'project/repository/app',
  },
  {
    name: 'ACR',
    start: () => startAcr(secret),
    config: domain => {
      const auth = Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64');
      return { auths: { [domain]: { auth, identitytoken: secret } } };
    },
    image: 'app',
  },
  {
    name: 'ACR, by its helper',
    start: () => startAcr(secret),
    config: helper('acr-env', '<token>'),
    image: 'app',
  },
  {
    name: 'Quay',
    start: () => startQuay(`kelp+robot:${secret}`),
    config: basic('kelp+robot'),
    image: 'kelp/app',
  },
  {
    name: 'Harbor',
    start: () => startHarbor(`robot$kelp:${secret}`),
    config: basic('robot$kelp'),
    image: 'library/app',
  },
];

async function opened({ start }: Case): Promise<PlayedRegistry> {
  const registry = await start();
  closing.push(() => registry.close());
  return registry;
}

async function clientFor(config: object, env: Record<string, string> = {}): Promise<RegistryClient> {
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify(config));
  const path = { PATH: `${home}:${process.env['PATH']}` };
  const client = await RegistryClient.open({
    env: { ...path, ...env },
    homeDirectory: home,
    clock: fakeClock(),
  });
  closing.push(() => client.close());
  return client;
}

describe.each(cases)('$name', one => {
  test('takes an image and gives it back', async () => {
    const registry = await opened(one);
    const client = await clientFor(await one.config(registry.domain), one.env?.(registry.domain));
    const store = await work.newStore();
    const image = await sampleImage(store, ['one', 'two']);
    const reference = parseReference(`${registry.domain}/${one.image}:1`);
    expect(await pushImage(client, store, image, reference)).toMatchObject({ uploaded: 3 });
    const fresh = await work.newStore();
    const pulled = await pullImage(openSource({ kind: 'docker', reference }, client), amd64, fresh);
    expect(pulled.manifest).toEqual(image);
    if (!one.basic) expect(sentTo(registry.requests, '/v2/', one.image)).toBe(false);
    const stored = registry.otherRequests.filter(({ url }) => url.includes('signature='));
    expect(stored.map(({ headers }) => headers.authorization)).toEqual(stored.map(() => undefined));
    for (const written of await textsIn(fresh.root)) expect(written).not.toContain(secret);
  });

  test('refuses whoever has the wrong password, which nothing shows', async () => {
    const registry = await opened(one);
    const auth = Buffer.from(`kelp:wr0ng-forest`).toString('base64');
    const client = await clientFor({ auths: { [registry.domain]: { auth } } });
    const store = await work.newStore();
    const image = await sampleImage(store, ['one']);
    const reference = parseReference(`${registry.domain}/${one.image}:1`);
    const failure: unknown = await pushImage(client, store, image, reference).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'REGISTRY_DENIED', exit: 5 });
    expect(inspect(failure, { depth: 9 })).not.toMatch(/wr0ng|a2VscDp3cjBuZy1mb3Jlc3Q/);
  });
});

/** Whether the secret, plain or in Basic, went to where the image lies. */
function sentTo(requests: PlayedRegistry['requests'], prefix: string, image: string): boolean {
  return requests
    .filter(({ url }) => url.startsWith(`${prefix}${image}/`))
    .some(({ url, headers }) => {
      const [, encoded = ''] = /^Basic (.*)$/.exec(headers.authorization ?? '') ?? [];
      return `${url} ${headers.authorization} ${Buffer.from(encoded, 'base64').toString()}`.includes(secret);
    });
}

async function textsIn(root: string): Promise<string[]> {
  const blobs = join(root, 'blobs', 'sha256');
  return Promise.all((await readdir(blobs)).map(name => readFile(join(blobs, name), 'latin1')));
}
