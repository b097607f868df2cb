import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTools } from '../tools.ts';
import { openStepNetwork, type StepAttachment, type NamespaceNetwork, stepSideCommands } from './network.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('skipped: the network tests make network namespaces and so need root');

/** Runs a Node program in a new network namespace joined to the gateway's. */
async function inStep(network: StepAttachment, program: string): Promise<string> {
  const { unshare, sh, ip } = findTools(['unshare', 'sh', 'ip']);
  const script = 'echo up; read go; "$@" || exit 1; exec "$0" -e "$PROGRAM"';
  const batch = `printf '%s\\n' ${stepSideCommands(network)
    .map(line => `'${line}'`)
    .join(' ')} | ${ip} -batch -`;
  const child = spawn(unshare, ['--net', sh, '-c', script, process.execPath, sh, '-c', batch], {
    env: { ...process.env, PROGRAM: program },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await network.connect(child.pid as number);
  child.stdin.end('go\n');
  return (await text(child.stdout)).trim();
}

const dial = (port: number, host: string) => `
  const socket = require('net').connect(${port}, '${host}');
  socket.on('error', e => console.log(e.code));
  socket.on('data', d => process.stdout.write(d));`;

describe.runIf(isRoot)('the network of the steps', () => {
  let network: NamespaceNetwork;

  beforeAll(async () => {
    network = await openStepNetwork({ ports: [80, 443] });
    for (const { port, server } of network.listeners.tcp) {
      server.on('connection', socket =>
        socket.end(`${port} ${socket.localAddress}:${socket.localPort} from ${socket.remoteAddress}`),
      );
    }
    network.listeners.dns.on('message', (message, from) =>
      network.listeners.dns.send(`re:${message.toString()}`, from.port, from.address),
    );
  });
  afterAll(() => network.close());

  test('any address is the gateway, which sees what was dialled and by whom', async () => {
    const step = network.allocate();
    const other = network.allocate();
    expect(step.clientAddress).not.toBe(other.clientAddress);
    const answers = await Promise.all([
      inStep(step, dial(80, '203.0.113.7')),
      inStep(other, dial(443, '192.0.2.1')),
    ]);
    expect(answers).toEqual([
      `80 203.0.113.7:80 from ${step.clientAddress}`,
      `443 192.0.2.1:443 from ${other.clientAddress}`,
    ]);
  });

  test('a neighbour’s address is the gateway too', async () => {
    const step = network.allocate();
    const neighbour = network.allocate().clientAddress;
    const answer = await inStep(step, dial(80, neighbour));
    expect(answer).toBe(`80 ${neighbour}:80 from ${step.clientAddress}`);
  });

  test('a port that is not served is refused and counted', async () => {
    const before = network.refusedConnections();
    expect(await inStep(network.allocate(), dial(22, '192.0.2.1'))).toBe('ECONNREFUSED');
    expect(network.refusedConnections()).toBe(before + 1);
  });

  test('DNS is answered', async () => {
    const step = network.allocate();
    const program = `
      const socket = require('dgram').createSocket('udp4');
      socket.on('message', (m, from) => { console.log(String(m), from.address); socket.close(); });
      socket.send('hello', 53, '${step.gatewayAddress}');`;
    expect(await inStep(step, program)).toBe(`re:hello ${step.gatewayAddress}`);
  });

  test('2000 connections at once all arrive', async () => {
    const program = `
      let answered = 0;
      for (let i = 0; i < 2000; i++) {
        const socket = require('net').connect(80, '192.0.2.1');
        socket.on('data', () => { answered++; });
        socket.on('error', e => console.log(e.code));
      }
      process.on('exit', () => console.log(answered));`;
    expect(await inStep(network.allocate(), program)).toBe('2000');
  });

  test('an unusable port is a coded error', async () => {
    await expect(openStepNetwork({ ports: [80, 80] })).rejects.toMatchObject({
      code: 'SANDBOX_NETWORK_FAILED',
      exit: 2,
    });
  });

  test('close lets go of the listeners', async () => {
    const short = await openStepNetwork({ ports: [80] });
    short.close();
    expect(short.listeners.tcp[0]?.server.listening).toBe(false);
  });
});
