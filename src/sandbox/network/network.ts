import { closeSync, openSync, readSync } from 'node:fs';
import { runTool } from '../run-tool.ts';
import { findTools } from '../tools.ts';
import { closeOnce } from './close-once.ts';
import { networkError } from './network-error.ts';
import { type GatewayListeners, takeSockets } from './take-sockets.ts';

/** All addresses are out of 198.18.0.0/15, which RFC 2544 keeps for benchmarks: no real service is there. */
const gatewayAddress = '198.18.0.1';
const largestIndex = 0x1_feff;

/** One step's place in the build's network. Allocate it, tell the gateway of `clientAddress`, then run the step. */
export interface StepAttachment {
  /** The step's own address: what the gateway sees as `socket.remoteAddress`. */
  readonly clientAddress: string;
  /** The same for all steps, so that a step's resolv.conf and hosts files are always the same bytes. */
  readonly gatewayAddress: string;
  /** Puts one end of a new cable into the network namespace of the process, as `eth0`. */
  connect(pid: number): Promise<void>;
  /** What `connect` does, for another process to do, where the network is a namespace. */
  cable?(pid: number): Cable;
  /** Ends what does not end with the step's namespace. */
  disconnect(): void;
}

/** A cable to be made. */
export interface Cable {
  /** A file that is the gateway's network namespace. */
  readonly namespace: string;
  /** For `ip -batch` in it. */
  readonly commands: readonly string[];
}

/** The network of one build, which leads to its gateway. */
export interface StepNetwork {
  allocate(): StepAttachment;
  /**
   * Resets the namespace sent since it was made (TcpOutRsts of RFC 4022): a rise during a step hints that it dialled a
   * port that the gateway does not serve. Connections that the gateway itself broke off count too.
   */
  refusedConnections(): number;
  /** Closes the listeners, and with them and the last step the namespace ends. */
  close(): void;
}

/** A namespace that belongs to the gateway, with one cable to each step. */
export interface NamespaceNetwork extends StepNetwork {
  readonly listeners: GatewayListeners;
}

/**
 * Opens the network namespace of a build's gateway: packets that steps send to any address arrive there. The
 * listeners accept in this process; `socket.localAddress` and `localPort` are what the step dialled.
 * @param options.ports TCP ports to serve. DNS over UDP is always opened.
 * @throws HoldfastError SANDBOX_NETWORK_FAILED, SANDBOX_TOOL_MISSING (exit 2)
 */
export async function openStepNetwork(options: {
  readonly ports: readonly number[];
}): Promise<NamespaceNetwork> {
  const tools = findTools(['nsenter', 'ip']);
  let namespace = -1;
  let counters = -1;
  const listeners = await takeSockets(options.ports, pid => {
    // Open files keep the namespace after the process that made it has gone.
    namespace = openSync(`/proc/${pid}/ns/net`, 'r');
    counters = openSync(`/proc/${pid}/net/snmp`, 'r');
  });
  let last = 0xff;

  const cable = (index: number, client: string, pid: number): Cable => {
    const near = `s${index}`;
    // A fixed hardware address: some programs make identifiers of it, and these may end up in the image.
    const far = `type veth peer name eth0 address 02:00:c6:12:00:02 netns ${pid}`;
    const commands = [
      `link add ${near} ${far}`,
      `addr add ${gatewayAddress} peer ${client}/32 dev ${near}`,
      `link set ${near} up`,
    ];
    return { namespace: `/proc/${process.pid}/fd/${namespace}`, commands };
  };
  const plug = async (made: Cable): Promise<void> => {
    const enter = [`--net=${made.namespace}`, tools.ip, '-batch', '-'];
    const { ok, complaint } = await runTool(tools.nsenter, enter, { input: `${made.commands.join('\n')}\n` });
    if (!ok) throw networkError(complaint);
  };

  return {
    listeners,
    allocate() {
      last += 1;
      const index = last;
      if (index > largestIndex) throw networkError('too many steps in one build');
      const clientAddress = `198.${18 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}`;
      return {
        clientAddress,
        gatewayAddress,
        connect: pid => plug(cable(index, clientAddress, pid)),
        cable: pid => cable(index, clientAddress, pid),
        disconnect: () => {},
      };
    },
    refusedConnections: () => outgoingResets(counters),
    close() {
      for (const { server } of listeners.tcp) closeOnce(server);
      closeOnce(listeners.dns);
      for (const file of [namespace, counters]) closeSync(file);
    },
  };
}

/** Commands for `ip -batch` inside the step's own namespace. */
export function stepSideCommands(attachment: StepAttachment | 'none'): string[] {
  if (attachment === 'none') return ['link set lo up'];
  const { clientAddress, gatewayAddress: gateway } = attachment;
  return [
    'link set lo up',
    `addr add ${clientAddress} peer ${gateway}/32 dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
  ];
}

function outgoingResets(snmp: number): number {
  const buffer = Buffer.alloc(8192);
  const [names, values] = buffer
    .toString('latin1', 0, readSync(snmp, buffer, 0, buffer.length, 0))
    .split('\n')
    .filter(line => line.startsWith('Tcp:'))
    .map(line => line.split(' '));
  return Number(values?.[names?.indexOf('OutRsts') ?? -1] ?? 0);
}
