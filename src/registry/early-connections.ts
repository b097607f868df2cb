import type { Agent, AgentOptions } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';

/** Connections that are opened before there is a request for them. */
export interface EarlyConnections {
  open(host: string, port: number, count: number): void;
  /** Closes what nobody has used. */
  close(): void;
}

/**
 * Connections of an agent's that wait for its next requests to their host: what is asked later and all at once need not
 * first wait for connections of its own, which over a distance takes longer than the answer. `settings`
 * are the agent's own; `patience` milliseconds to get one.
 */
export function earlyConnections(agent: Agent, settings: AgentOptions, patience: number): EarlyConnections {
  const waiting = new Map<string, Duplex[]>();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const early = waiting.get(keyOf(options.host, options.port)) ?? [];
    for (let found = early.shift(); found; found = early.shift()) if (!found.destroyed) return found;
    return connect(options, done);
  };
  return {
    open(host, port, count) {
      const key = keyOf(host, port);
      const early = waiting.get(key) ?? [];
      waiting.set(key, early);
      const servername = isIP(host) === 0 ? host : '';
      const target = { ...settings, host, port, servername };
      while (early.length < count) {
        const connection = connect(target);
        if (!connection) return;
        limit(connection, patience);
        early.push(connection);
      }
    },
    close() {
      for (const connection of [...waiting.values()].flat()) connection.destroy();
    },
  };
}

function keyOf(host: string | null | undefined, port: number | string | null | undefined): string {
  return `${host} ${port}`;
}

/** Until a request has it nobody else sees that a connection fails: the request gets another, or learns it from that. */
function limit(connection: Duplex, patience: number): void {
  connection.on('error', () => {});
  const timer = setTimeout(() => connection.destroy(), patience);
  const settle = () => clearTimeout(timer);
  connection.once('encrypted' in connection ? 'secureConnect' : 'connect', settle).once('close', settle);
}
