import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { errnoOf } from '../../core/index.ts';
import { closeOnce } from '../network/close-once.ts';
import { networkError } from '../network/network-error.ts';
import type { StepAttachment, StepNetwork } from '../network/network.ts';
import type { NetworkOptions } from '../sandbox.ts';

/** Without these no download works; the others may be another program's. */
const neededPorts: readonly number[] = [80, 443];
/** As in a network of namespaces: a step opens many connections at once. */
const backlog = 4096;
const steps = 250;

/**
 * A network without a namespace: each step has a loopback address of its own, at which the gateway answers all names.
 * What a step dials by name arrives; what it dials by address does not, and is nobody's.
 * Addresses are the same in each build, and out of a block that no other build in this network has.
 * @throws HoldfastError SANDBOX_NETWORK_FAILED (exit 2)
 */
export async function openLoopbackNetwork({ ports, serve }: NetworkOptions): Promise<StepNetwork> {
  const { block, claim } = await claimedBlock();
  const used = new Map<number, () => void>();

  const open = async (address: string): Promise<() => void> => {
    const tcp: { port: number; server: Server }[] = [];
    const dns = createSocket('udp4');
    const close = () => {
      for (const { server } of tcp) closeOnce(server);
      closeOnce(dns);
    };
    try {
      await bound(dns, address);
      for (const port of ports) {
        const server = createServer();
        if (await isListening(server, port, address)) tcp.push({ port, server });
        else if (neededPorts.includes(port)) throw portTaken(port);
      }
    } catch (error) {
      close();
      throw error;
    }
    serve({ tcp, dns, address });
    return close;
  };

  return {
    allocate(): StepAttachment {
      let index = 1;
      while (used.has(index)) index += 1;
      if (index > steps) throw networkError('too many steps at once');
      used.set(index, () => {});
      const address = `127.64.${block}.${index}`;
      return {
        clientAddress: address,
        gatewayAddress: address,
        connect: async () => void used.set(index, await open(address)),
        disconnect: () => {
          used.get(index)?.();
          used.delete(index);
        },
      };
    },
    refusedConnections: () => 0,
    close() {
      for (const end of used.values()) end();
      used.clear();
      claim.close();
    },
  };
}

/** Holding the port of one address keeps other builds away from the block. */
async function claimedBlock(): Promise<{ block: number; claim: DatagramSocket }> {
  for (let block = 0; block < 256; block += 1) {
    const claim = createSocket('udp4');
    try {
      await bound(claim, `127.64.${block}.255`);
      claim.unref();
      return { block, claim };
    } catch (error) {
      claim.close();
      if (errnoOf(error) !== 'EADDRINUSE') throw networkError(`cannot bind port 53: ${errnoOf(error) ?? ''}`);
    }
  }
  throw networkError('another program has port 53 of every address');
}

async function bound(socket: DatagramSocket, address: string): Promise<void> {
  socket.bind(53, address);
  await once(socket, 'listening');
}

async function isListening(server: Server, port: number, host: string): Promise<boolean> {
  server.listen({ port, host, backlog });
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return false;
    throw networkError(`cannot bind port ${port}: ${errnoOf(error) ?? ''}`);
  }
}

function portTaken(port: number): Error {
  return networkError(`another program in this container has port ${port} of every address`);
}
