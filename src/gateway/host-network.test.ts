import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';
import { CertificateAuthority } from './ca.ts';
import { proxyFor } from './host-network.ts';
import { isLocalAddress } from './local-address.ts';

describe('proxy variables', () => {
  const environment = {
    http_proxy: 'http://p.test:3128',
    HTTPS_PROXY: 's.test',
    NO_PROXY: 'a.test, .b.test:8080 10.0.0.0/8,::1,192.0.2.7',
  };
  it.each([
    ['http://x.test/', 'http://p.test:3128'],
    ['https://x.test/', 'http://s.test'],
    ['https://a.test/', undefined],
    ['https://sub.a.test/', undefined],
    ['https://nota.test/', 'http://s.test'],
    ['http://c.b.test:8080/', undefined],
    ['http://c.b.test/', 'http://p.test:3128'],
    ['http://10.1.2.3/', undefined],
    ['http://11.1.2.3/', 'http://p.test:3128'],
    ['http://[::1]/', undefined],
    ['http://192.0.2.7/', undefined],
  ])('%s', (url, wanted) => expect(proxyFor(new URL(url), environment)).toBe(wanted));

  it('lower case wins, ALL_PROXY is the rest, * exempts all', () => {
    const url = new URL('http://x.test/');
    expect(proxyFor(url, { http_proxy: 'http://one', HTTP_PROXY: 'http://two' })).toBe('http://one');
    expect(proxyFor(url, { ALL_PROXY: 'http://all' })).toBe('http://all');
    expect(proxyFor(url, { ALL_PROXY: 'http://all', no_proxy: '*' })).toBeUndefined();
  });
});

it('tells local addresses in every form', () => {
  const local = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'fd00:ec2::254',
  ];
  for (const address of local) expect([address, isLocalAddress(address)]).toEqual([address, true]);
  for (const address of ['192.0.2.1', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.1', 'localhost', ''])
    expect([address, isLocalAddress(address)]).toEqual([address, false]);
});

describe('upstream over TLS', () => {
  let world: GatewayWorld | undefined;
  let server: Server | undefined;
  let directory: string | undefined;
  afterEach(async () => {
    await world?.close();
    server?.closeAllConnections();
    server?.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  async function secureUpstream(name: string): Promise<{ port: number; roots: string }> {
    const authority = new CertificateAuthority();
    const leaf = authority.leaf(name);
    server = createServer({ cert: leaf.certificatePem, key: leaf.keyPem }, (_request, response) =>
      response.end('secure'),
    );
    await new Promise<void>(done => server?.listen(0, '127.0.0.1', done));
    directory = await mkdtemp(join(tmpdir(), 'holdfast-roots-'));
    const roots = join(directory, 'roots.pem');
    await writeFile(roots, authority.certificatePem);
    return { port: (server.address() as AddressInfo).port, roots };
  }

  it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('is trusted by the roots in %s', async variable => {
    const { port, roots } = await secureUpstream('up.test');
    world = await GatewayWorld.open({ environment: { [variable]: roots } });
    const { problem, exchanges } = await world.during('record', async () =>
      expect((await world?.ask(`https://up.test:${port}/`))?.body.toString()).toBe('secure'),
    );
    expect([problem, exchanges[0]?.key.url]).toEqual([undefined, `https://up.test:${port}/`]);
  });

  it('is not trusted without, nor by another name, and is not asked twice', async () => {
    const { port, roots } = await secureUpstream('other.test');
    for (const environment of [{}, { SSL_CERT_FILE: roots }]) {
      await world?.close();
      world = await GatewayWorld.open({ environment });
      const { problem } = await world.during('record', async () =>
        expect((await world?.ask(`https://up.test:${port}/`))?.status).toBe(502),
      );
      expect([problem?.code, world.pauses]).toEqual(['GATEWAY_UPSTREAM_UNREACHABLE', []]);
    }
  });

  it('goes through the host’s proxy, credentials and all', async () => {
    const { port, roots } = await secureUpstream('public.test');
    world = await GatewayWorld.open(hostile => ({
      environment: {
        HTTPS_PROXY: `http://user:proxy-secret@127.0.0.1:${hostile.port}`,
        HTTP_PROXY: `http://127.0.0.1:${hostile.port}`,
        SSL_CERT_FILE: roots,
      },
    }));
    const { problem } = await world.during('record', async () => {
      expect((await world?.ask(`https://public.test:${port}/`))?.body.toString()).toBe('secure');
      expect((await world?.ask('http://public.test:443/ok'))?.body).toHaveLength(20);
    });
    expect(problem).toBeUndefined();
    expect(world.hostile.tunnels).toEqual([`public.test:${port}`]);
    expect(world.hostile.requests.map(({ url }) => url)).toEqual(['http://public.test:443/ok']);
  });

  it('an unreadable file of roots is an error of usage', async () => {
    await expect(
      GatewayWorld.open({ environment: { SSL_CERT_FILE: '/nonexistent/roots.pem' } }),
    ).rejects.toMatchObject({
      code: 'GATEWAY_ROOTS_UNREADABLE',
      exit: 2,
    });
  });
});
