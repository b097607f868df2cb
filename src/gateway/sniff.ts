import type { Socket } from 'node:net';

export type Protocol = 'tls' | 'http' | 'other';

/** The longest registered HTTP method has 17 letters (IANA HTTP Method Registry). */
const longestMethod = 24;

/** What the first bytes of a connection speak; nothing while they can still become HTTP. */
function protocolOf(bytes: Uint8Array): Protocol | undefined {
  // RFC 8446 5.1: a TLS record of type handshake, of a protocol version 3.x.
  if (bytes[0] === 0x16) {
    if (bytes.length < 2) return undefined;
    return bytes[1] === 0x03 ? 'tls' : 'other';
  }
  const text = Buffer.from(bytes.subarray(0, longestMethod + 1)).toString('latin1');
  const method = /^(?:\r\n)?([A-Z-]*)( ?)/.exec(text);
  const [matched = '', name = '', space = ''] = method ?? [];
  // "PRI * HTTP/2.0" opens HTTP/2 (RFC 9113 3.4), which is not spoken here.
  if (space !== '' && name !== '') return name === 'PRI' ? 'other' : 'http';
  const mayGoOn = matched.length === text.length && text.length <= longestMethod;
  return mayGoOn || text === '\r' ? undefined : 'other';
}

/**
 * Reads until the protocol shows and puts the bytes back. Nothing when the client closes or says nothing for
 * `timeout` milliseconds, as clients of protocols do in which the server speaks first.
 */
export function sniffed(socket: Socket, timeout: number): Promise<Protocol | 'silent' | 'closed'> {
  return new Promise(resolve => {
    let seen = Buffer.alloc(0);
    const settle = (result: Protocol | 'silent' | 'closed') => {
      clearTimeout(timer);
      socket.off('readable', read);
      socket.off('end', ended);
      socket.off('close', ended);
      if (seen.length > 0 && result !== 'closed') socket.unshift(seen);
      resolve(result);
    };
    const read = () => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null)
        seen = Buffer.concat([seen, chunk]);
      const protocol = protocolOf(seen);
      if (protocol !== undefined) settle(protocol);
    };
    const ended = () => settle(seen.length > 0 ? 'other' : 'closed');
    const timer = setTimeout(() => settle(seen.length > 0 ? 'other' : 'silent'), timeout);
    socket.on('readable', read);
    socket.on('end', ended);
    socket.on('close', ended);
    read();
  });
}
