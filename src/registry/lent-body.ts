import type { Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Bytes that a connection reads at once: answers, and bodies that are worth an own way. */
const usualPiece = 64 * 1024;
const largePiece = 256 * 1024;
/** A body of fewer bytes is read as Node gives it, so that its connection serves again. */
const smallestLent = 1024 * 1024;

/** Where the bytes of a connection go. */
interface Intake {
  /** What the next ones are read into. */
  buffer: Uint8Array;
  /** @returns whether to read on */
  take: (bytes: Uint8Array) => boolean;
}

const intakes = new WeakMap<Duplex, Intake>();

/** Gives the agent connections that can lend bodies: see {@link lentBody}. All else is as it was. */
export function lendingAgent<Agent extends HttpAgent>(agent: Agent): Agent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const intake: Intake = { buffer: Buffer.allocUnsafeSlow(usualPiece), take: () => true };
    // `onread` of `socket.connect`: bytes are read into a buffer of ours, where Node would make one for each reading.
    const onread = {
      buffer: () => intake.buffer,
      callback: (count: number, buffer: Uint8Array) => intake.take(buffer.subarray(0, count)),
    };
    const settings = { ...options, onread };
    const connection = connect(settings, done);
    if (connection) {
      intake.take = bytes => {
        // Node's parser of HTTP listens for this; it copies what it keeps.
        connection.emit('data', bytes);
        return true;
      };
      intakes.set(connection, intake);
    }
    return connection;
  };
  return agent;
}

/**
 * The body of an answer past Node's parser, which would copy each piece of it, and past its streams, which would let go
 * of a buffer for each: what is large costs half as much. A piece is good only until the next is asked for. The
 * connection serves nobody afterwards. Nothing for a body that is small or says no length.
 */
export function lentBody(answer: IncomingMessage): (() => AsyncIterable<Uint8Array>) | undefined {
  const { socket, headers } = answer;
  const [intake, length] = [intakes.get(socket), Number(headers['content-length'])];
  if (intake === undefined || !(length >= smallestLent) || headers['transfer-encoding'] !== undefined)
    return undefined;
  return () => piecesOf(answer, socket, intake, length);
}

async function* piecesOf(
  answer: IncomingMessage,
  socket: Socket,
  intake: Intake,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  const arrived: Uint8Array[] = [];
  const spare: Uint8Array[] = [Buffer.allocUnsafeSlow(largePiece)];
  let wake = () => {};
  intake.take = bytes => {
    arrived.push(bytes);
    // TLS hands out all that it has, whether anybody wants more or not: what waits is never read into.
    intake.buffer = spare.pop() ?? Buffer.allocUnsafeSlow(largePiece);
    wake();
    return false;
  };
  socket.once('close', () => wake());
  try {
    // What came with the head.
    const parsed = answer.read() as Buffer | null;
    if (parsed !== null) {
      left -= parsed.byteLength;
      yield parsed;
    }
    while (left > 0) {
      const bytes = arrived.shift();
      if (bytes === undefined) {
        if (socket.destroyed) throw brokenOff();
        await new Promise<void>(resolve => {
          wake = resolve;
          socket.resume();
        });
        continue;
      }
      const piece = bytes.subarray(0, left);
      left -= piece.byteLength;
      yield piece;
      spare.push(Buffer.from(bytes.buffer));
    }
  } finally {
    socket.destroy();
  }
}

function brokenOff(): Error {
  return Object.assign(new Error('the body ended early'), { code: 'ECONNRESET' });
}
