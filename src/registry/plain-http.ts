import { connect } from 'node:net';

/**
 * The least that TLS servers take for a greeting: a ClientHello of TLS 1.2 with one cipher suite (RFC 5246, 7.4.1.2).
 * They answer with a greeting of their own or an alert, both in TLS records.
 */
const greeting = Buffer.concat([
  Buffer.from('160301002d' + '01000029' + '0303', 'hex'),
  // Random is what the client likes; a server that reads lines gets some to complain about.
  Buffer.alloc(32, '\r\n'),
  Buffer.from('00' + '0002c02f' + '0100', 'hex'),
]);

const patience = 1000;

/**
 * Whether a server of this machine answers a TLS greeting in HTTP, and so speaks no TLS. It costs a fraction of what
 * the first TLS connection of a process does, which reads all the system's roots.
 */
export function answersInHttp({ hostname, port }: URL): Promise<boolean> {
  return new Promise(resolve => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port || 443) });
    const settle = (isHttp: boolean) => {
      socket.destroy();
      resolve(isHttp);
    };
    socket.setTimeout(patience, () => settle(false));
    socket.on('connect', () => socket.write(greeting));
    socket.on('data', (bytes: Buffer) => settle(bytes.subarray(0, 5).toString('latin1') === 'HTTP/'));
    socket.on('error', () => settle(false)).on('end', () => settle(false));
  });
}
