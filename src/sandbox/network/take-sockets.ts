import { type ChildProcess, spawn } from 'node:child_process';
import { Socket as DatagramSocket } from 'node:dgram';
import { createServer, Server } from 'node:net';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { oneLine } from '../run-tool.ts';
import { findTools, toolEnvironment } from '../tools.ts';
import { networkError } from './network-error.ts';
import type { HolderMessage, HolderRequest } from './messages.ts';

/** The sockets a gateway serves; they are listening, and live in the gateway's network namespace. */
export interface GatewayListeners {
  readonly tcp: { readonly port: number; readonly server: Server }[];
  readonly dns: DatagramSocket;
  /** The one address that they listen at, where steps are told apart by what they dial. */
  readonly address?: string | undefined;
}

/** Compiled, the holder is a .js file beside this one; run from source, a .ts file. */
const holder = fileURLToPath(new URL(`./holder${extname(import.meta.url)}`, import.meta.url));

/** A step opens many connections at once; beyond Node's 511 they would wait a second for a retry. */
const backlog = 4096;

/**
 * Makes a network namespace by a short-lived child and takes over its listening sockets.
 * @param pin called with the child's process id while it is alive: the moment to take hold of its namespace.
 * @throws HoldfastError SANDBOX_NETWORK_FAILED (exit 2)
 */
export async function takeSockets(
  ports: readonly number[],
  pin: (pid: number) => void,
): Promise<GatewayListeners> {
  const child = spawnHolder(ports);
  const complaint = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const tcp: { port: number; server: Server }[] = [];
  return await new Promise<GatewayListeners>((done, failed) => {
    child.on('message', (message: HolderMessage, handle: unknown) => {
      // Node has begun to listen with its own backlog; a second server over the same socket sets ours.
      if (message.kind === 'tcp' && handle instanceof Server)
        tcp.push({ port: message.port, server: createServer().listen(handle, backlog) });
      if (message.kind !== 'dns' || !(handle instanceof DatagramSocket)) return;
      pin(child.pid as number);
      // Wait for its end: until then the child could accept a connection.
      child.once('close', () => done({ tcp, dns: handle }));
      child.send({ taken: true });
    });
    child.once('error', failed);
    child.once('close', code => {
      if (code === 0) return;
      for (const { server } of tcp) server.close();
      void complaint.then(message => failed(networkError(oneLine(message).slice(0, 400))));
    });
  });
}

function spawnHolder(ports: readonly number[]): ChildProcess {
  const { setpriv, unshare, ip } = findTools(['setpriv', 'unshare', 'ip']);
  const request: HolderRequest = { ports, ip };
  const node = [process.execPath, holder, JSON.stringify(request)];
  return spawn(setpriv, ['--pdeathsig', 'KILL', unshare, '--net', '--', ...node], {
    cwd: '/',
    env: toolEnvironment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}
