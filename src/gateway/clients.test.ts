import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GatewayWorld, patternBytes } from '../../testkit/hostile/index.ts';
import { sha256 } from '../core/index.ts';

const run = promisify(execFile);

async function hasTool(name: string, ...args: string[]): Promise<boolean> {
  const found = await run(name, args).then(
    () => true,
    () => false,
  );
  if (!found) console.warn(`skipped: ${name} is not installed`);
  return found;
}

const tools = {
  curl: await hasTool('curl', '--version'),
  wget: await hasTool('wget', '--version'),
  python: await hasTool('python3', '-c', 'import ssl'),
};

let world: GatewayWorld;
let ca: string;
let upstream: string;
const size = 2_000_000;
const body = Buffer.concat([...patternBytes(size)]);

beforeAll(async () => {
  world = await GatewayWorld.open();
  ca = join(world.directory, 'ca.pem');
  await writeFile(ca, world.gateway.caCertificatePem);
  upstream = world.url(`/big?size=${size}`);
});
afterAll(() => world.close());

async function liveAndReplayed(visit: (url: string) => Promise<Buffer>): Promise<void> {
  const url = upstream;
  const live = await world.during('record', async () => expect(sha256(await visit(url))).toBe(sha256(body)));
  expect(live.problem).toBeUndefined();
  const again = await world.during(
    'replay',
    async () => expect(sha256(await visit(url))).toBe(sha256(body)),
    live.exchanges,
  );
  expect(again.problem).toBeUndefined();
}

const binary = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
const to = () => ['--connect-to', `::127.0.0.1:${world.port}`];

it.skipIf(!tools.curl)('curl, plain and resumed', async () => {
  await liveAndReplayed(async url => (await run('curl', ['-sSf', ...to(), url], binary)).stdout);
  const half = join(world.directory, 'half');
  await liveAndReplayed(async url => {
    await writeFile(half, body.subarray(0, 1_000_000));
    await run('curl', ['-sSf', ...to(), '-C', '-', '-o', half, url]);
    return readFile(half);
  });
});

it.skipIf(!tools.wget)('wget, by a proxy variable, with a timestamp check', async () => {
  const file = join(world.directory, 'wgot');
  const env = { ...process.env, http_proxy: `http://127.0.0.1:${world.port}`, no_proxy: '' };
  await liveAndReplayed(async url => {
    await run('wget', ['-q', '-O', file, url], { env });
    return readFile(file);
  });
});

/** Recorded by hand under an https URL, since the hostile server speaks plain HTTP. */
async function replayedOverTls(visit: (url: string) => Promise<Buffer>): Promise<void> {
  const { exchanges } = await world.during('record', () => world.ask(upstream));
  const [exchange] = exchanges;
  if (exchange === undefined) throw new Error('nothing was recorded');
  const url = 'https://tls.test/file';
  const secured = { ...exchange, key: { ...exchange.key, url } };
  const session = world.session('replay', [secured], { vary: () => ({}) });
  expect(sha256(await visit(url))).toBe(sha256(body));
  expect((await session.finish()).problem).toBeUndefined();
}

it.skipIf(!tools.curl)(
  'curl over TLS trusts the authority, and none but a client that was told does',
  async () => {
    await replayedOverTls(
      async url => (await run('curl', ['-sSf', ...to(), '--cacert', ca, url], binary)).stdout,
    );
    const session = world.session('replay');
    const env = { PATH: process.env.PATH };
    await expect(run('curl', ['-sSf', ...to(), 'https://untrusted.test/'], { env })).rejects.toThrow(
      /certificate/,
    );
    const { notices } = await session.finish();
    expect(notices.join()).toMatch(/untrusted\.test.*unknown ca.*GATEWAY_TLS_REFUSED/);
  },
);

it.skipIf(!tools.curl)('curl through a proxy: CONNECT', async () => {
  const proxy = ['--proxy', `http://127.0.0.1:${world.port}`, '--noproxy', ''];
  await replayedOverTls(
    async url => (await run('curl', ['-sSf', ...proxy, '--cacert', ca, url], binary)).stdout,
  );
});

it.skipIf(!tools.wget)('wget (GnuTLS or OpenSSL) over TLS', async () => {
  const env = { PATH: process.env.PATH, https_proxy: `http://127.0.0.1:${world.port}` };
  const file = join(world.directory, 'wgot-tls');
  await replayedOverTls(async url => {
    await run('wget', ['-q', `--ca-certificate=${ca}`, '-O', file, url], { env });
    return readFile(file);
  });
});

it.skipIf(!tools.python)('Python, with strict verification', async () => {
  const script = `
import http.client, ssl, socket, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
raw = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
connection = http.client.HTTPSConnection("tls.test")
connection.sock = context.wrap_socket(raw, server_hostname="tls.test")
connection.request("GET", "/file")
sys.stdout.buffer.write(connection.getresponse().read())
`;
  await replayedOverTls(
    async () => (await run('python3', ['-c', script, ca, String(world.port)], binary)).stdout,
  );
});

it('Node’s fetch, by NODE_EXTRA_CA_CERTS', async () => {
  const script = `
const https = await import('node:https');
https.get({ host: '127.0.0.1', port: process.argv[1], servername: 'tls.test', path: '/file', headers: { host: 'tls.test' } },
  response => response.pipe(process.stdout));
`;
  const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: ca };
  const args = ['--input-type=module', '-e', script, String(world.port)];
  await replayedOverTls(async () => (await run(process.execPath, args, { ...binary, env })).stdout);
});
