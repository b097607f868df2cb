import { createConnection, type Socket } from 'node:net';
import { statSync } from 'node:fs';
import { errnoOf, usageError } from '../../core/index.ts';
import { KeyAgent } from './key-agent.ts';

/** `--ssh ID[=PATH,…]`: the socket of an agent, or files with keys. */
export interface AgentSource {
  readonly paths: readonly string[];
}

/** The SSH agents that the user lends to steps, by id. */
export class Agents {
  readonly #sources: ReadonlyMap<string, AgentSource>;
  readonly #keyAgents = new Map<string, Promise<KeyAgent>>();

  constructor(sources: ReadonlyMap<string, AgentSource>) {
    this.#sources = sources;
  }

  /**
   * What answers a step's connections for an id; nothing where the user lends no such agent.
   * @throws HoldfastError SSH_UNUSABLE (exit 2)
   */
  async connector(id: string): Promise<((client: Socket) => void) | undefined> {
    const source = this.#sources.get(id);
    if (source === undefined) return undefined;
    const path = await this.#socketPath(id, source);
    return client => void relay(client, createConnection(path));
  }

  async close(): Promise<void> {
    for (const agent of this.#keyAgents.values()) await (await agent.catch(() => undefined))?.close();
  }

  async #socketPath(id: string, { paths }: AgentSource): Promise<string> {
    const [first = ''] = paths;
    if (paths.length === 1 && isSocket(id, first)) return first;
    const agent = this.#keyAgents.get(id) ?? KeyAgent.start(paths);
    this.#keyAgents.set(id, agent);
    return (await agent).path;
  }
}

function isSocket(id: string, path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch (error) {
    throw usageError(
      'SSH_UNUSABLE',
      `cannot use ${path} for --ssh ${id} (${errnoOf(error) ?? 'unknown error'})`,
      {
        next: 'Name the socket of an agent or a file with a key that you may read.',
        cause: error,
      },
    );
  }
}

/** SSH agent protocol (draft-ietf-sshm-ssh-agent, 6.1). */
const messages = { failure: 5, requestIdentities: 11, signRequest: 13 } as const;
/** Bytes of a message; OpenSSH's limit. */
const largestMessage = 256 * 1024;

/**
 * Passes on what a client may ask: which keys there are, and for a signature. A step that could also add and remove
 * keys or lock the agent would change the user's own.
 */
async function relay(client: Socket, agent: Socket): Promise<void> {
  client.on('error', () => agent.destroy());
  agent.on('error', () => client.destroy());
  try {
    const answers = framesOf(agent);
    for await (const request of framesOf(client)) {
      const type = request[4];
      if (type !== messages.requestIdentities && type !== messages.signRequest) {
        client.write(Buffer.from([0, 0, 0, 1, messages.failure]));
        continue;
      }
      agent.write(request);
      const answer = await answers.next();
      if (answer.done === true) return;
      client.write(answer.value);
    }
  } catch {
    // Either side has gone, or spoke something else.
    return;
  } finally {
    client.destroy();
    agent.destroy();
  }
}

/** Whole messages, each with its length before it. */
async function* framesOf(socket: Socket): AsyncGenerator<Buffer, void> {
  let buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    buffer = Buffer.concat([buffer, chunk as Buffer]);
    while (buffer.length >= 4) {
      const end = 4 + buffer.readUInt32BE(0);
      if (end > 4 + largestMessage) throw new Error('a message of an SSH agent is too large');
      if (buffer.length < end) break;
      yield buffer.subarray(0, end);
      buffer = buffer.subarray(end);
    }
  }
}
