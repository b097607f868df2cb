import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../store/index.ts';
import {
  noCredentials,
  openSource,
  parseReference,
  parseTransport,
  pullImage,
  pushImage,
  RegistryClient,
  Secret,
  type CredentialSource,
  type Descriptor,
  type TransferEvent,
} from './index.ts';
import {
  htpasswd,
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from './testing/docker-registry.ts';
import { sampleImage, sampleIndex } from './testing/sample-image.ts';
import { blobsIn, openWorkspace, type Workspace } from './testing/stores.ts';

const run = promisify(execFile);
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
if (noDockerRegistry) console.log(`skipped: ${noDockerRegistry}`);

const openClient = (credentials: CredentialSource = noCredentials) =>
  RegistryClient.open({ env: {}, homeDirectory: '/nonexistent', credentials });

describe.skipIf(noDockerRegistry)('with a real registry', () => {
  let work: Workspace;
  let registry: DockerRegistry;
  let client: RegistryClient;
  let store: Store;
  let image: Descriptor;
  beforeAll(async () => {
    work = await openWorkspace();
    registry = await startDockerRegistry();
    client = await openClient();
    store = await work.newStore();
    image = await sampleImage(store, ['one', 'two', 'three', 'four', 'five', 'six']);
  });
  afterAll(async () => {
    await client.close();
    await registry.stop();
    await work.remove();
  });

  const named = (text: string) => parseReference(`${registry.domain}/${text}`);
  const source = (text: string) => openSource(parseTransport(`docker://${registry.domain}/${text}`), client);

  test('an image goes there and comes back with its digest, by tag and by digest', async () => {
    const events: TransferEvent[] = [];
    const counts = await pushImage(client, store, image, named('team/app:1'), {
      onTransfer: event => events.push(event),
    });
    expect(counts).toEqual({ present: 0, mounted: 0, uploaded: 7 });
    expect(events.filter(event => event.transferred === event.size)).toHaveLength(7);
    for (const text of ['team/app:1', `team/app@${image.digest}`, `team/app:other@${image.digest}`]) {
      const fresh = await work.newStore();
      const pulled = await pullImage(source(text), amd64, fresh);
      expect(pulled).toMatchObject({ manifest: image });
      expect(pulled.index).toBeUndefined();
      expect(pulled.layers).toHaveLength(6);
      for (const blob of [pulled.manifest, pulled.config, ...pulled.layers])
        expect(await fresh.readBytes(blob.digest)).toHaveLength(blob.size);
    }
  });

  test('a second push sends nothing', async () => {
    await pushImage(client, store, image, named('team/again:1'));
    expect(await pushImage(client, store, image, named('team/again:1'))).toMatchObject({
      uploaded: 0,
      present: 7,
    });
    expect(await client.manifestDescriptor(named('team/again:1'))).toEqual(image);
    expect(await client.manifestDescriptor(named('team/again:2'))).toBeUndefined();
  });

  test('blobs of a neighbour repository are mounted', async () => {
    await pushImage(client, store, image, named('team/base:1'));
    const counts = await pushImage(client, store, image, named('team/on-base:1'), {
      mountFrom: () => named('team/base'),
    });
    expect(counts).toEqual({ present: 0, mounted: 7, uploaded: 0 });
    // A neighbour that has nothing is no reason to fail.
    const elsewhere = { mountFrom: () => named('team/nothing') };
    expect(await pushImage(client, store, image, named('team/off-base:1'), elsewhere)).toMatchObject({
      uploaded: 7,
    });
  });

  test('an index keeps its bytes, and gives the image for a platform', async () => {
    const other = await sampleImage(store, ['arm'], arm64);
    const index = await sampleIndex(store, [
      { image, platform: amd64 },
      { image: other, platform: { ...arm64, variant: 'v8' } },
    ]);
    await pushImage(client, store, index, named('team/multi:1'));
    const fresh = await work.newStore();
    const pulled = await pullImage(source('team/multi:1'), arm64, fresh);
    expect(pulled).toMatchObject({ index, manifest: other });
    expect(await fresh.readBytes(index.digest)).toHaveLength(index.size);
    expect(await fresh.has(image.digest)).toBe(false);
    const s390x = { os: 'linux', architecture: 's390x' };
    await expect(pullImage(source('team/multi:1'), s390x, fresh)).rejects.toMatchObject({
      code: 'REGISTRY_NO_PLATFORM',
      exit: 5,
      message: expect.stringContaining('linux/amd64, linux/arm64/v8'),
    });
    // What was pulled for one platform is no whole index to push.
    await expect(pushImage(client, fresh, index, named('team/part:1'))).rejects.toMatchObject({
      code: 'IMAGE_INCOMPLETE',
      message: expect.stringContaining('linux/amd64'),
    });
  });

  test('a tag, a repository or a digest that is not there is named', async () => {
    await pushImage(client, store, image, named('team/there:1'));
    for (const text of ['team/there:2', 'team/gone:1', `team/there@sha256:${'0'.repeat(64)}`]) {
      const fresh = await work.newStore();
      await expect(pullImage(source(text), amd64, fresh)).rejects.toMatchObject({
        code: 'REGISTRY_UNKNOWN',
        exit: 5,
        message: expect.stringContaining(text),
        next: expect.stringContaining('spelling'),
      });
      expect(await blobsIn(fresh)).toEqual([]);
    }
  });

  test('a blob that rots in the store is not pushed', async () => {
    const rotten = await work.newStore();
    const poor = await sampleImage(rotten, ['rot']);
    const { layers } = JSON.parse((await rotten.readBytes(poor.digest)).toString()) as {
      layers: Descriptor[];
    };
    const layer = layers[0] as Descriptor;
    await writeFile(rotten.pathOf(layer.digest), Buffer.alloc(layer.size));
    await expect(pushImage(client, rotten, poor, named('team/rot:1'))).rejects.toMatchObject({
      code: 'STORE_BLOB_CORRUPT',
    });
  });

  test('a proxy that takes no large request gets chunks', async () => {
    const proxy = await startProxy(registry.domain, request => request.method === 'PUT' && !!request.length);
    try {
      const random = createHash('sha512').update('seed').digest('hex').repeat(100_000);
      const counts = await client.pushBlob({
        repository: parseReference(`${proxy.domain}/team/chunks`),
        blob: { mediaType: 'application/octet-stream', ...(await store.put(random)) },
        store,
      });
      expect(counts).toBe('uploaded');
      expect(proxy.seen.filter(line => line.startsWith('PATCH 202'))).toHaveLength(2);
    } finally {
      await proxy.stop();
    }
  });

  test('skopeo finds the same digest there', async context => {
    await pushImage(client, store, image, named('team/skopeo:1'));
    const to = `docker://${registry.domain}/team/skopeo:1`;
    const found = await run('skopeo', [
      'inspect',
      '--no-creds',
      '--tls-verify=false',
      '--format',
      '{{.Digest}}',
      to,
    ]).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return context.skip('skopeo is not installed');
      throw error;
    });
    expect(found.stdout.trim()).toBe(image.digest);
  });
});

describe.skipIf(noDockerRegistry)('with a registry that asks for a password', () => {
  let work: Workspace;
  let registry: DockerRegistry;
  let store: Store;
  let image: Descriptor;
  beforeAll(async () => {
    work = await openWorkspace();
    registry = await startDockerRegistry({ htpasswd });
    store = await work.newStore();
    image = await sampleImage(store, ['one', 'two']);
  });
  afterAll(async () => {
    await registry.stop();
    await work.remove();
  });

  const withPassword = (text: string): CredentialSource => ({
    credentialsFor: () =>
      Promise.resolve({ kind: 'password', username: 'kelp', password: new Secret(text), from: 'kelp.json' }),
  });

  test('the right one opens it', async () => {
    const client = await openClient(withPassword('forest'));
    const reference = parseReference(`${registry.domain}/team/app:1`);
    expect(await pushImage(client, store, image, reference)).toMatchObject({ uploaded: 3 });
    const source = openSource({ kind: 'docker', reference }, client);
    expect(await pullImage(source, amd64, await work.newStore())).toMatchObject({ manifest: image });
    await client.close();
  });

  test.each([
    ['a wrong one', withPassword('tundra-secret'), /for the credentials in kelp.json: UNAUTHORIZED/],
    ['none', noCredentials, /access to team\/app: UNAUTHORIZED/],
  ])('%s does not, and is not shown', async (_, credentials, message) => {
    const client = await openClient(credentials);
    const reference = parseReference(`${registry.domain}/team/app:1`);
    const failure: unknown = await client.manifest(reference).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'REGISTRY_DENIED',
      exit: 5,
      message: expect.stringMatching(message),
      next: expect.stringContaining('docker login'),
    });
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('tundra-secret');
    await client.close();
  });
});

/** Passes everything on to `to`, but answers 413 to what it refuses. */
async function startProxy(to: string, refuses: (request: { method: string; length: number }) => boolean) {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const method = request.method ?? '';
      void (async () => {
        if (refuses({ method, length: body.byteLength })) {
          seen.push(`${method} 413`);
          response.writeHead(413).end();
          return;
        }
        const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
        const answer = await fetch(`http://${to}${request.url}`, {
          method,
          headers: headers as Record<string, string>,
          ...(body.byteLength ? { body } : {}),
        });
        seen.push(`${method} ${answer.status} ${request.url}`);
        const location = answer.headers.get('location')?.replace(to, request.headers.host ?? '');
        response.writeHead(answer.status, location === undefined ? {} : { location });
        response.end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    domain: `127.0.0.1:${port}`,
    seen,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
