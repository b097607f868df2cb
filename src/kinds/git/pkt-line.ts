/** One packet of a body that is framed in pkt-lines (gitprotocol-common, "pkt-line Format"). */
export type Packet =
  | { readonly kind: 'data'; readonly payload: Buffer; readonly end: number }
  | { readonly kind: 'flush' | 'delimiter' | 'response-end'; readonly end: number };

const lengthBytes = 4;
const longestPacket = 65_520;

/** The packet at `offset`, and the offset past it; nothing where there is no whole, well-formed one. */
export function packetAt(bytes: Buffer, offset: number): Packet | undefined {
  const digits = bytes.toString('latin1', offset, offset + lengthBytes);
  if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
  const length = Number.parseInt(digits, 16);
  const start = offset + lengthBytes;
  switch (length) {
    case 0:
      return { kind: 'flush', end: start };
    case 1:
      return { kind: 'delimiter', end: start };
    case 2:
      return { kind: 'response-end', end: start };
    default: {
      const end = offset + length;
      if (length < lengthBytes || length > longestPacket || end > bytes.length) return undefined;
      return { kind: 'data', payload: bytes.subarray(start, end), end };
    }
  }
}

/** All packets of a body that holds nothing else; nothing where it is malformed. */
export function packetsOf(bytes: Buffer): Packet[] | undefined {
  const packets: Packet[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const packet = packetAt(bytes, offset);
    if (packet === undefined) return undefined;
    packets.push(packet);
    offset = packet.end;
  }
  return packets;
}

export const flushPacket = '0000';
export const delimiterPacket = '0001';

/** A packet that holds `line` and the newline which a sender should put there. `line` is latin1. */
export function linePacket(line: string): string {
  const length = lengthBytes + line.length + 1;
  return `${length.toString(16).padStart(lengthBytes, '0')}${line}\n`;
}

/** A packet's text without the newline at its end, each byte as one character. */
export function lineOf(payload: Buffer): string {
  return payload.toString('latin1').replace(/\n$/, '');
}
