import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NpmClients, NpmRegistry } from '../../../testkit/npm/index.ts';
import { sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { RootFiles } from '../root-files.ts';
import { npm } from './index.ts';

/** Upstream as the kind says that it was on a date, and what the clients took from it. */
class AsOfServer {
  readonly exchanges: Exchange[] = [];
  readonly bodies = new Map<Digest, Buffer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #upstream: string;
  readonly #asOf: Date;

  constructor(upstream: string, asOf: string) {
    this.#upstream = upstream;
    this.#asOf = new Date(asOf);
  }

  async listen(): Promise<string> {
    await new Promise<void>(done => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const host = headers.host ?? '';
    const key = { method, url: `http://${host}${url}`, vary: npm.vary?.(headers) ?? {} };
    const upstream = (wanted: string, more: Readonly<Record<string, string>> = {}) =>
      this.#fetch(wanted.replace(`http://${host}/`, this.#upstream), host, { method, headers: more });
    const past = await npm.asOf?.({ key, headers }, { asOf: this.#asOf, fetch: upstream });
    const { status, type, body } = past
      ? { status: past.status, type: past.headers[0]?.[1] ?? '', body: past.body }
      : await upstream(key.url);
    const digest = sha256(body);
    this.bodies.set(digest, body);
    this.exchanges.push({
      key,
      responses: [{ status, headers: [['content-type', type]], body: { digest, size: body.length } }],
    });
    response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
  }

  /** The registry names itself by the host that it was asked as, as one behind a proxy does. */
  async #fetch(url: string, host: string, init: RequestInit) {
    const answer = await fetch(url, init);
    const type = answer.headers.get('content-type') ?? '';
    const bytes = Buffer.from(await answer.arrayBuffer());
    const body = type.includes('json')
      ? Buffer.from(bytes.toString().replaceAll(this.#upstream, `http://${host}/`))
      : bytes;
    return { status: answer.status, type, headers: { 'content-type': type }, body };
  }
}

let clients: NpmClients;
let registry: NpmRegistry;

beforeAll(async () => {
  [clients, registry] = await Promise.all([NpmClients.find(), NpmRegistry.start({ tarballs: 'download' })]);
  registry.publish(
    {
      name: 'web',
      version: '1.0.0',
      time: '2025-01-01T00:00:00.000Z',
      dependencies: { '@acme/log': '^1.0.0' },
    },
    {
      name: 'web',
      version: '1.1.0',
      time: '2025-03-01T00:00:00.000Z',
      dependencies: { '@acme/log': '^1.0.0' },
    },
    { name: '@acme/log', version: '1.0.0', time: '2025-01-01T00:00:00.000Z' },
    { name: '@acme/log', version: '1.4.0', time: '2025-01-15T00:00:00.000Z' },
    { name: '@acme/log', version: '1.9.0', time: '2025-03-01T00:00:00.000Z' },
    { name: 'late', version: '1.0.0', time: '2025-03-01T00:00:00.000Z' },
  );
}, 400_000);

afterAll(async () => {
  await Promise.all([clients.close(), registry.close()]);
});

const called = { npm: 'npm', yarn: 'yarn classic', berry: 'yarn', pnpm: 'pnpm' } as const;

test.for(['npm', 'yarn', 'berry', 'pnpm'] as const)(
  '%s installs the versions of the date',
  async (client, { skip }) => {
    const why = clients.missing.get(client);
    if (why !== undefined) console.warn(`skipped: ${called[client]} cannot be installed here: ${why}`);
    skip(why !== undefined, why);
    const root = await mkdtemp(join(tmpdir(), 'holdfast-npm-'));
    const server = new AsOfServer(registry.url, '2025-02-01T00:00:00Z');
    try {
      const project = join(root, 'app');
      await writeProject(project, await server.listen());
      await clients.run(client, ['add', 'web'], project);
      await expect(clients.run(client, ['add', 'late'], project)).rejects.toThrow();
      const expected = ['@acme/log@1.4.0', 'web@1.0.0'];
      expect(names(npm.installed?.(diskRoot(root)) ?? [])).toEqual(expected);
      expect(names(await artefactsOf(server))).toEqual(expected);
      expect(server.exchanges.findLast(({ key }) => key.url.endsWith('/late'))?.responses[0]?.status).toBe(
        404,
      );
    } finally {
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  },
);

async function writeProject(directory: string, url: string): Promise<void> {
  await mkdir(directory);
  const files = {
    'package.json': '{"name":"app","version":"1.0.0","private":true}',
    '.npmrc': `registry=${url}\n`,
    '.yarnrc.yml': [
      `npmRegistryServer: ${url.slice(0, -1)}`,
      'unsafeHttpWhitelist: [127.0.0.1]',
      'nodeLinker: node-modules',
      'enableTelemetry: false',
      'enableImmutableInstalls: false',
      '',
    ].join('\n'),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
}

/** Every exchange is of this kind; the artefacts of them. */
async function artefactsOf({ exchanges, bodies }: AsOfServer) {
  const readBody = (digest: Digest) => Promise.resolve(bodies.get(digest) ?? Buffer.alloc(0));
  const recognise = await npm.recogniser({ exchanges, readBody });
  expect(exchanges.filter(one => recognise(one) === undefined)).toEqual([]);
  return exchanges.map(recognise).filter(found => found?.class === 'artefact');
}

function names(list: readonly { readonly name: string; readonly version: string }[]): string[] {
  return [...new Set(list.map(({ name, version }) => `${name}@${version}`))].toSorted();
}

function diskRoot(root: string): RootFiles {
  const plain = (path: string) => lstatSync(join(root, path), { throwIfNoEntry: false });
  const list = (directory: string) =>
    plain(directory)?.isDirectory() === true ? readdirSync(join(root, directory)).toSorted() : [];
  return {
    list,
    directories: directory => list(directory).filter(name => !plain(join(directory, name))?.isFile()),
    read: path => (plain(path)?.isFile() === true ? readFileSync(join(root, path)) : undefined),
  };
}
