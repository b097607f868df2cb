import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noCredentials, openDispatchers, parseReference, RegistryClient, type Environment } from './index.ts';
import { noOpenssl, selfSigned } from './testing/certificates.ts';
import { startScripted, type Script } from './testing/scripted-server.ts';
import { fakeClock, openWorkspace, type Workspace } from './testing/stores.ts';

const emptyIndex: Script = (_, response) => {
  response.setHeader('content-type', 'application/vnd.oci.image.index.v1+json');
  response.end('{"schemaVersion":2,"manifests":[]}');
};

let work: Workspace;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  work = await openWorkspace();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await work.remove();
});

async function manifest(text: string, env: Environment, plainHttp: string[] = []) {
  const options = {
    env,
    homeDirectory: '/nonexistent',
    credentials: noCredentials,
    clock: fakeClock(),
    plainHttp,
  };
  const client = await RegistryClient.open(options);
  closing.push(() => client.close());
  return client.manifest(parseReference(text));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A registry with a certificate, and the file of its root. */
async function tlsRegistry(settings: { requestCert?: boolean; ca?: Buffer } = {}) {
  const files = await selfSigned(work.directory, ['IP:127.0.0.1', 'IP:0.0.0.0', 'DNS:r.example.test']);
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
  const server = createHttpsServer({ cert, key, ...settings }, (request, response) => {
    const { method = '', url = '', headers } = request;
    emptyIndex({ method, url, headers, body: Buffer.alloc(0), number: 0 }, response);
  });
  const port = await listen(server);
  return { port, roots: files.cert };
}

if (noOpenssl) console.log(`skipped: ${noOpenssl}`);

describe.skipIf(noOpenssl)('TLS', () => {
  test('is used on the loopback, too, where the registry has it and SSL_CERT_FILE its root', async () => {
    const { port, roots } = await tlsRegistry();
    const found = await manifest(`127.0.0.1:${port}/a`, { SSL_CERT_FILE: roots });
    expect(found.bytes.toString()).toBe('{"schemaVersion":2,"manifests":[]}');
  });

  test('with an unknown root is refused, and no reason to go without', async () => {
    const { port } = await tlsRegistry();
    await expect(manifest(`127.0.0.1:${port}/a`, {})).rejects.toMatchObject({
      code: 'REGISTRY_TLS',
      exit: 5,
      next: expect.stringContaining('SSL_CERT_FILE'),
    });
  });

  test.each(['containers', 'docker'])(
    'is trusted by what certs.d of %s has for the host, and no other',
    async by => {
      const { port, roots } = await tlsRegistry();
      const directory = join(work.directory, by, 'certs.d', `127.0.0.1:${port}`);
      await mkdir(directory, { recursive: true });
      await copyFile(roots, join(directory, 'ca.crt'));
      const env = { XDG_CONFIG_HOME: work.directory };
      await manifest(`127.0.0.1:${port}/a`, env);
      const other = await tlsRegistry();
      await expect(manifest(`127.0.0.1:${other.port}/a`, env)).rejects.toMatchObject({
        code: 'REGISTRY_TLS',
      });
    },
  );

  test('is trusted by the file that is named for the host', async () => {
    const { port, roots } = await tlsRegistry();
    const client = await RegistryClient.open({
      env: {},
      homeDirectory: '/nonexistent',
      credentials: noCredentials,
      roots: new Map([[`127.0.0.1:${port}`, roots]]),
    });
    closing.push(() => client.close());
    await client.manifest(parseReference(`127.0.0.1:${port}/a`));
  });

  test('is trusted by the roots of Node, too, where others are named beside them', async () => {
    // Each is made with a certificate of its own, in the same file.
    const first = await tlsRegistry();
    const root = await readFile(first.roots, 'utf8');
    const third = await tlsRegistry();
    const second = await tlsRegistry();
    const before = getCACertificates('default');
    setDefaultCACertificates([root]);
    try {
      const env = { SSL_CERT_FILE: second.roots };
      for (const { port } of [first, second]) await manifest(`127.0.0.1:${port}/a`, env);
      const refused = { code: 'REGISTRY_TLS' };
      await expect(manifest(`127.0.0.1:${third.port}/a`, env)).rejects.toMatchObject(refused);
      await expect(manifest(`127.0.0.1:${second.port}/a`, {})).rejects.toMatchObject(refused);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test('a directory that is named for the host has something, or that is said', async () => {
    const { port } = await tlsRegistry();
    for (const directory of [work.directory, '/dev/null/certs']) {
      const client = await RegistryClient.open({
        env: {},
        homeDirectory: '/nonexistent',
        credentials: noCredentials,
        certificateDirectories: new Map([[`127.0.0.1:${port}`, directory]]),
      });
      closing.push(() => client.close());
      await expect(client.manifest(parseReference(`127.0.0.1:${port}/a`))).rejects.toMatchObject({
        code: 'ROOTS_UNREADABLE',
        exit: 2,
        message: expect.stringContaining(directory),
      });
    }
  });

  test('shows the certificate of certs.d to the host that it is for', async () => {
    const own = join(work.directory, 'own');
    await mkdir(own);
    const client = await selfSigned(own, ['DNS:kelp.test']);
    const asks = { requestCert: true, ca: await readFile(client.cert) };
    const { port, roots } = await tlsRegistry(asks);
    await expect(manifest(`127.0.0.1:${port}/a`, { SSL_CERT_FILE: roots })).rejects.toMatchObject({
      exit: 5,
    });
    const directory = join(work.directory, 'containers', 'certs.d', `127.0.0.1:${port}`);
    await mkdir(directory, { recursive: true });
    await copyFile(client.cert, join(directory, 'client.cert'));
    await copyFile(client.key, join(directory, 'client.key'));
    await manifest(`127.0.0.1:${port}/a`, { SSL_CERT_FILE: roots, XDG_CONFIG_HOME: work.directory });
    const second = await tlsRegistry(asks);
    const env = { SSL_CERT_FILE: second.roots, XDG_CONFIG_HOME: work.directory };
    await expect(manifest(`127.0.0.1:${second.port}/a`, env)).rejects.toMatchObject({ exit: 5 });
  });

  test('roots that cannot be read are an error', async () => {
    await expect(manifest('r.example.test/a', { SSL_CERT_FILE: '/nonexistent' })).rejects.toMatchObject({
      code: 'ROOTS_UNREADABLE',
      exit: 2,
    });
  });
});

describe('a proxy', () => {
  test('carries what is plain and allowed by name', async () => {
    const proxy = await startScripted(emptyIndex);
    closing.push(() => proxy.stop());
    // TLS is tried first, and the other proxy is not there.
    const env = { http_proxy: proxy.origin, https_proxy: 'http://127.0.0.1:1' };
    await manifest('r.example.test/a', env, ['r.example.test']);
    await manifest('r.example.test:81/a', { ...env, HOLDFAST_PLAIN_HTTP: 'x.test, r.example.test:81' });
    expect(proxy.seen.map(({ url }) => url)).toEqual([
      'http://r.example.test/v2/a/manifests/latest',
      'http://r.example.test:81/v2/a/manifests/latest',
    ]);
    await expect(manifest('r.example.test/a', env)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(proxy.seen).toHaveLength(2);
  });

  test('shows a host outside, which may not redirect inside', async () => {
    const inside = [
      'http://127.0.0.1:1/x',
      'http://localhost/x',
      'https://169.254.169.254/x',
      'https://[::]/x',
    ];
    const targets = inside.values();
    const proxy = await startScripted((_, response) => {
      response.writeHead(307, { location: targets.next().value }).end();
    });
    closing.push(() => proxy.stop());
    const env = { http_proxy: proxy.origin, https_proxy: 'http://127.0.0.1:1' };
    for (const target of inside) {
      await expect(manifest('r.example.test/a', env, ['r.example.test']), target).rejects.toMatchObject({
        code: 'REGISTRY_REDIRECT',
        message: expect.stringContaining(new URL(target).hostname),
      });
    }
    expect(proxy.seen).toHaveLength(inside.length);
  });

  test.skipIf(noOpenssl)('is tunnelled through for TLS, unless NO_PROXY names the host', async () => {
    const { port, roots } = await tlsRegistry();
    const asked: string[] = [];
    const proxy = createHttpServer().on('connect', (request, client, head) => {
      asked.push(request.url ?? '');
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    });
    const HTTPS_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
    await manifest('r.example.test/a', { HTTPS_PROXY, SSL_CERT_FILE: roots });
    expect(asked).toEqual(['r.example.test:443']);
    // The loopback is never asked for through a proxy.
    await manifest(`127.0.0.1:${port}/a`, { HTTPS_PROXY, SSL_CERT_FILE: roots });
    // An address that is not written as the loopback, but leads there.
    const NO_PROXY = 'other.test,0.0.0.0';
    await manifest(`0.0.0.0:${port}/a`, { HTTPS_PROXY, SSL_CERT_FILE: roots, NO_PROXY });
    expect(asked).toHaveLength(1);
  });

  test('is chosen by scheme, and never for the loopback', async () => {
    const dispatchers = await openDispatchers({ HTTPS_PROXY: 'http://127.0.0.1:1' });
    closing.push(() => dispatchers.close());
    const choose = (url: string) => dispatchers.dispatcherFor(new URL(url));
    expect(choose('https://r.example.test')).not.toBe(choose('http://r.example.test'));
    expect(choose('http://localhost:1')).toBe(choose('https://[::1]'));
    expect(choose('https://127.0.0.1.example.test')).not.toBe(choose('http://127.0.0.1'));
  });

  test('that is no URL is an error without its password', async () => {
    const failure: unknown = await openDispatchers({ HTTPS_PROXY: 'kelp:hush@[proxy' }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PROXY_INVALID', exit: 2 });
    expect(String((failure as Error).stack)).not.toContain('hush');
  });
});
