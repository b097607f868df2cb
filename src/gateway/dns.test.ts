import fc from 'fast-check';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { expect, it } from 'vitest';
import { AddressPool } from './address-pool.ts';
import { dnsAnswer } from './dns.ts';

async function withResolver(
  visit: (resolver: Resolver) => Promise<void>,
  pool = new AddressPool(),
): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const answer = dnsAnswer(query, pool);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  await new Promise<void>(done => socket.bind(0, '127.0.0.1', done));
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  try {
    await visit(resolver);
  } finally {
    socket.close();
  }
}

it('gives every name an address of its own, the same each time and in each build', async () => {
  const pool = new AddressPool();
  await withResolver(async resolver => {
    const [address = ''] = await resolver.resolve4('example.org');
    expect(address).toMatch(/^198\.19\.\d+\.\d+$/);
    expect(await resolver.resolve4('EXAMPLE.org')).toEqual([address]);
    expect(new AddressPool().addressOf('example.org')).toBe(address);
    expect(pool.nameOf(address)).toBe('example.org');
    expect(await resolver.resolve4('example.com')).not.toEqual([address]);
    expect(await resolver.resolve4('localhost')).toEqual(['127.0.0.1']);
  }, pool);
});

it('says of every other type that there is none', async () => {
  await withResolver(async resolver => {
    await expect(resolver.resolve6('example.org')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolveSrv('_http._tcp.example.org')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolveMx('example.org')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolveTxt('example.org')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.reverse('198.19.1.1')).rejects.toThrow(/ENODATA|ENOTFOUND/);
  });
});

it('two names never share an address, to the last one', () => {
  const pool = new AddressPool();
  const addresses = new Set(Array.from({ length: 65_534 }, (_, n) => pool.addressOf(`${n}.test`)));
  expect(addresses.size).toBe(65_534);
  expect(addresses.has(undefined)).toBe(false);
  expect(pool.addressOf('one.more.test')).toBeUndefined();
});

it('drops what is no query and never throws', () => {
  const pool = new AddressPool();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), bytes => void dnsAnswer(bytes, pool)));
  const header = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const answerTo = (...question: number[]) => dnsAnswer(Uint8Array.from([...header, ...question]), pool);
  expect(answerTo(1, 97, 0, 0, 1, 0, 1)).toBeDefined();
  expect(answerTo(1, 97, 0, 0, 1)).toBeUndefined();
  expect(answerTo(0xc0, 12, 0, 1, 0, 1)).toBeUndefined();
  expect(answerTo(9, 97, 0, 0, 1, 0, 1)).toBeUndefined();
  // A response, and an update.
  expect(
    dnsAnswer(Uint8Array.from([0, 1, 0x81, 0, ...header.slice(4), 1, 97, 0, 0, 1, 0, 1]), pool),
  ).toBeUndefined();
  expect(
    dnsAnswer(Uint8Array.from([0, 1, 0x28, 0, ...header.slice(4), 1, 97, 0, 0, 1, 0, 1]), pool)?.[3],
  ).toBe(0x84);
});
