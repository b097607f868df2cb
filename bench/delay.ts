// Passes connections on to a port, every byte so many milliseconds later in either direction: a registry that is far
// away. What a client sends first waits for as long as it would take to get a connection. Prints its own port.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const [port = 0, milliseconds = 0] = process.argv.slice(2).map(Number);
const server = createServer({ noDelay: true }, client => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  const connected = performance.now() + 2 * milliseconds;
  const later = (work: () => void) =>
    setTimeout(work, Math.max(0, connected - performance.now()) + milliseconds);
  const pass = (from: Socket, to: Socket) => {
    from.on('data', chunk => later(() => to.writable && to.write(chunk)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => to.destroy());
  };
  pass(client, upstream);
  pass(upstream, client);
}).listen(0, () => console.log((server.address() as AddressInfo).port));
