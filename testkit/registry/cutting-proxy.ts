import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire to a server that breaks. */
export interface CuttingProxy {
  /** `127.0.0.1:PORT`, as in references. */
  readonly domain: string;
  /** How many connections it has cut. */
  cuts(): number;
  close(): Promise<void>;
}

/**
 * Passes bytes on to the port and back. Each connection is cut after so many bytes as `budget` gives for it, in both
 * directions together; `Infinity` for one that lasts.
 */
export async function startCuttingProxy(port: number, budget: () => number): Promise<CuttingProxy> {
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer(client => {
    const upstream = connect(port, '127.0.0.1');
    let left = budget();
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(0, left);
        left -= part.byteLength;
        if (!to.destroyed && !to.write(part)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        if (left > 0) return;
        cuts++;
        left = Infinity;
        // What was passed on arrives before the end does.
        to.end(() => setImmediate(end));
      });
      from.on('end', () => to.end());
      from.on('close', end);
    };
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    domain: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise(done => server.close(done));
    },
  };
}
