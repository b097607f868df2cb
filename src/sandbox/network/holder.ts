/**
 * Runs for a moment as the only process of the gateway's network namespace: makes every address local there, opens
 * the listening sockets, and hands them to the process that started it. A socket stays in the namespace that made
 * it, so the parent serves that namespace without entering it.
 */
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { HolderMessage, HolderRequest } from './messages.ts';

const request = JSON.parse(process.argv[2] ?? '') as HolderRequest;

function configure(): void {
  // A new namespace takes IPv4 settings over from the host, where Docker may have switched forwarding on.
  setSysctl('net/ipv4/ip_forward', '0');
  setSysctl('net/ipv4/conf/all/rp_filter', '1');
  setSysctl('net/ipv4/conf/default/rp_filter', '1');
  setSysctl('net/ipv6/conf/default/disable_ipv6', '1');
  const commands = [
    'link set lo up',
    // Linux answers from an address only if its table "local" has it, so that is where "everything" must stand.
    'route add local default dev lo table local',
    // Whatever a step sends is for us, its neighbours' addresses included: steps cannot reach each other. What we
    // send goes to the step that the main table names, before "local" would claim it.
    'rule add pref 10 not iif lo lookup local',
    'rule add pref 20 lookup main',
    'rule add pref 30 lookup local',
    'rule del pref 0',
  ];
  const { status, stderr } = spawnSync(request.ip, ['-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (status !== 0) throw new Error(`ip: ${stderr.toString().trim()}`);
}

/** The routing rules alone keep steps apart; where /proc/sys is read-only these second fences are left out. */
function setSysctl(name: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${name}`, value);
  } catch {
    return;
  }
}

async function send(message: HolderMessage, handle: Server | Socket): Promise<void> {
  await new Promise<void>((done, failed) => {
    process.send?.(message, handle, {}, error => (error === null ? done() : failed(error)));
  });
}

configure();
for (const port of request.ports) {
  const server = createServer();
  server.listen({ port, host: '0.0.0.0' });
  await once(server, 'listening');
  await send({ kind: 'tcp', port }, server);
}
const dns = createSocket('udp4');
dns.bind(53, '0.0.0.0');
await once(dns, 'listening');
await send({ kind: 'dns' }, dns);
// The parent answers once it holds everything; ending the process closes the copies here.
await once(process, 'message');
process.exit(0);
