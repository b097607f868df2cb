import type { Agent, AgentOptions } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';

/** Connections that are opened before there is a request for them. */
export interface EarlyConnections {
  open(host: string, port: number, count: number): void;
  /** Closes what nobody has used. */
  close(): void;
}

interface Waiting {
  readonly connection: Duplex;
  /** Hands it over: from now on its request looks after it. */
  take(): Duplex;
}

/**
 * Connections of an agent's that wait for its next requests to their host: what is asked later and all at once need not
 * first wait for connections of its own, which over a distance takes longer than the answer. `settings`
 * are the agent's own. What is not there or not used within `patience` milliseconds is closed: a server does not keep it
 * for ever, either.
 */
export function earlyConnections(agent: Agent, settings: AgentOptions, patience: number): EarlyConnections {
  const waiting = new Map<string, Waiting[]>();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const early = waiting.get(keyOf(options.host, options.port)) ?? [];
    for (let found = early.shift(); found; found = early.shift())
      if (!found.connection.destroyed) return found.take();
    return connect(options, done);
  };
  return {
    open(host, port, count) {
      const key = keyOf(host, port);
      const early = (waiting.get(key) ?? []).filter(({ connection }) => !connection.destroyed);
      waiting.set(key, early);
      const servername = isIP(host) === 0 ? host : '';
      const target = { ...settings, host, port, servername };
      while (early.length < count) {
        const connection = connect(target);
        if (!connection) return;
        early.push(limited(connection, patience));
      }
    },
    close() {
      for (const { connection } of [...waiting.values()].flat()) connection.destroy();
    },
  };
}

function keyOf(host: string | null | undefined, port: number | string | null | undefined): string {
  return `${host} ${port}`;
}

/** Until a request has it nobody else sees that a connection fails: the request gets another, or learns it from that. */
function limited(connection: Duplex, patience: number): Waiting {
  let [ready, taken] = [false, false];
  const timer = setTimeout(() => connection.destroy(), patience);
  const settle = () => {
    if (ready && taken) clearTimeout(timer);
  };
  connection
    .on('error', () => {})
    .once('encrypted' in connection ? 'secureConnect' : 'connect', () => {
      ready = true;
      settle();
    })
    .once('close', () => clearTimeout(timer));
  return {
    connection,
    take() {
      taken = true;
      settle();
      return connection;
    },
  };
}
