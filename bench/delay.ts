// Passes connections on to a port, every byte so many milliseconds later in either direction: a registry that is far
// away. Prints its own port.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const [port = 0, milliseconds = 0] = process.argv.slice(2).map(Number);
const server = createServer({ noDelay: true }, client => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  const pass = (from: Socket, to: Socket) => {
    from.on('data', chunk => setTimeout(() => to.writable && to.write(chunk), milliseconds));
    from.on('end', () => setTimeout(() => to.end(), milliseconds));
    from.on('error', () => to.destroy());
  };
  pass(client, upstream);
  pass(upstream, client);
}).listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
