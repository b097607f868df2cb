import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';

let world: GatewayWorld;
beforeEach(async () => {
  world = await GatewayWorld.open({ limits: { firstBytes: 200 } });
});
afterEach(() => world.close());

/** Sends bytes, says no more, and returns what came back until the connection ended. */
function raw(text: string | Buffer, pieces = 1): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({ port: world.port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.setNoDelay(true);
    socket.on('data', chunk => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.on('end', () => socket.end());
    const bytes = Buffer.from(text);
    const size = Math.ceil(bytes.length / pieces);
    const send = (at: number) => {
      socket.write(bytes.subarray(at, at + size));
      if (at + size < bytes.length) setTimeout(() => send(at + size), 5);
      else socket.end();
    };
    if (bytes.length > 0) send(0);
  });
}

const host = () => `up.test:${world.hostile.port}`;

describe('what is not HTTP', () => {
  it.each([
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['git', '0033git-upload-pack /project.git\0host=myserver.com\0'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a bad TLS record', Buffer.from([0x16, 0x09, 0x00])],
  ])('%s is refused with a reason', async (_name, bytes) => {
    const session = world.session('record');
    expect(await raw(bytes)).toBe('');
    const { problem } = await session.finish();
    expect(problem).toMatchObject({
      code: 'GATEWAY_NOT_HTTP',
      exit: 6,
      where: { file: 'Dockerfile', line: 3 },
    });
    expect(problem?.message).toContain('127.0.0.1:443');
  });

  it('a client that waits for the server to speak is told off after a while; one that just leaves is nothing', async () => {
    const session = world.session('record');
    expect(await raw('')).toBe('');
    await new Promise<void>(done => {
      const socket = connect({ port: world.port, host: '127.0.0.1' }, () => socket.end());
      socket.resume().on('close', () => done());
    });
    const { problem, notices } = await session.finish();
    expect(problem).toBeUndefined();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('GATEWAY_NOT_HTTP');
  });

  it('a WebSocket is refused; other upgrades are passed over', async () => {
    const { notices } = await world.during('record', async () => {
      const refused = await world.get('/ok', { headers: { connection: 'upgrade', upgrade: 'websocket' } });
      expect([refused.status, refused.headers['x-holdfast-code']]).toEqual([501, 'GATEWAY_UPGRADE']);
      const h2c = { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': '' };
      expect((await world.get('/ok', { headers: h2c })).status).toBe(200);
    });
    expect(notices).toHaveLength(1);
    expect(world.hostile.requests[0]?.headers.upgrade).toBeUndefined();
  });

  it('a connection of an unknown address is closed', async () => {
    const session = world.session('record', [], { clientAddress: '10.9.8.7' });
    expect(await raw('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).toBe('');
    await session.finish();
  });
});

describe('requests as clients write them', () => {
  it('in single bytes, pipelined, by HTTP/1.0, and with the sending side closed', async () => {
    await world.during('record', async () => {
      const one = `GET /echo HTTP/1.1\r\nHost: ${host()}\r\n\r\n`;
      const last = `GET /ok HTTP/1.1\r\nHost: ${host()}\r\nConnection: close\r\n\r\n`;
      const answer = await raw(one + one + last, 150);
      expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
      expect(answer).toMatch(/0123456789abcdefghij$/);
      expect(await raw(`GET /ok HTTP/1.0\r\nHost: ${host()}\r\n\r\n`)).toMatch(/0123456789abcdefghij$/);
    });
  });

  it('in absolute form, as to a proxy', async () => {
    const { exchanges } = await world.during('record', () =>
      raw(`GET ${world.url('/ok')} HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n`),
    );
    expect(exchanges[0]?.key.url).toBe(world.url('/ok'));
  });

  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['a path in it', 'GET / HTTP/1.1\r\nHost: a.test/evil\r\n\r\n'],
    ['user information in it', 'GET / HTTP/1.1\r\nHost: user@a.test\r\n\r\n'],
    ['a space in it', 'GET / HTTP/1.1\r\nHost: a test\r\n\r\n'],
    ['a port that is none', 'GET / HTTP/1.1\r\nHost: a.test:99999\r\n\r\n'],
    ['a target that is no path', 'GET a.test HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ])('with a hostile Host are refused: %s', async (_name, text) => {
    const { exchanges } = await world.during('record', async () =>
      expect(await raw(text)).toMatch(/^HTTP\/1.1 400/),
    );
    expect(exchanges).toEqual([]);
  });

  it('Host without a port means the port that was dialled', async () => {
    const { problem } = await world.during('replay', () =>
      raw('GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'),
    );
    expect(problem?.message).toContain('http://a.test:443/x');
  });
});

describe('TLS', () => {
  it('Host wins over the server name, and both may be anything valid', async () => {
    const { problem } = await world.during('replay', () =>
      world.ask('https://sni.test/x', { headers: { host: 'host.test' } }),
    );
    expect(problem?.message).toContain('https://host.test/x');
  });

  const handshake = (options: { servername?: string; ALPNProtocols?: string[] }) =>
    new Promise<{ names: string | undefined; protocol: string | false | null }>((resolve, reject) => {
      const socket = tlsConnect({
        port: world.port,
        host: '127.0.0.1',
        ca: world.gateway.caCertificatePem,
        checkServerIdentity: () => undefined,
        ...options,
      });
      socket.on('secureConnect', () => {
        resolve({ names: socket.getPeerX509Certificate()?.subjectAltName, protocol: socket.alpnProtocol });
        socket.destroy();
      });
      socket.on('error', reject);
    });

  it('gives a certificate for the server name, else for the address that was dialled', async () => {
    const session = world.session('record');
    expect((await handshake({ servername: 'a.test' })).names).toBe('DNS:a.test');
    expect((await handshake({})).names).toBe('IP Address:127.0.0.1');
    await session.finish();
  });

  it('speaks HTTP/1.1 only', async () => {
    const session = world.session('record');
    expect((await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).protocol).toBe('http/1.1');
    await expect(handshake({ ALPNProtocols: ['h2'] })).rejects.toThrow(/alpn|alert/i);
    await session.finish();
  });

  it('goes through CONNECT, and plain HTTP does too', async () => {
    const tunnel = (target: string) =>
      new Promise<Socket>(resolve => {
        const socket = connect({ port: world.port, host: '127.0.0.1' });
        socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
        socket.once('data', () => resolve(socket));
      });
    const { problem, exchanges } = await world.during('record', async () => {
      const plain = await tunnel(host());
      plain.write(`GET /ok HTTP/1.1\r\nHost: ${host()}\r\n\r\n`);
      const answer = await new Promise<string>(resolve =>
        plain.once('data', chunk => resolve(chunk.toString())),
      );
      expect(answer).toContain('200 OK');
      plain.destroy();
      const secure = tlsConnect({
        socket: await tunnel('tunnelled.test:8443'),
        servername: 'tunnelled.test',
        ca: world.gateway.caCertificatePem,
      });
      secure.write('GET /x HTTP/1.1\r\nHost: tunnelled.test:8443\r\n\r\n');
      await new Promise(done => secure.once('data', done));
      secure.destroy();
    });
    expect(exchanges.map(({ key }) => key.url)).toEqual([world.url('/ok')]);
    expect(problem?.message).toContain('https://tunnelled.test:8443/x');
  });
});
