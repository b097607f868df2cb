import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { delimiterPacket, flushPacket, lineOf, linePacket, packetsOf, type Packet } from './pkt-line.ts';

/** A clone of a repository with 250,000 refs asks for them all in about 12 MiB. */
const longestRequest = 16 * 1024 * 1024;

/**
 * A form of an upload-pack request that is the same for every run and every version of git that asks for the same:
 * without the client's name and its session id (which is random), and with what has no order sorted. It is a valid
 * request itself. Nothing where `body` is no upload-pack request, is malformed, or unpacks to more than 16 MiB.
 *
 * All other capabilities stay, since they choose what the answer may hold (gitprotocol-capabilities).
 */
export function canonicalRequest(headers: IncomingHttpHeaders, body: Buffer): Buffer | undefined {
  if (headers['content-type'] !== 'application/x-git-upload-pack-request') return undefined;
  const bytes = unpacked(headers['content-encoding'], body);
  const packets = bytes && packetsOf(bytes);
  const [first] = packets ?? [];
  if (packets === undefined || first === undefined) return undefined;
  // The client may offer version 2 and speak version 0: the body says what it speaks, not Git-Protocol.
  const isCommand = first.kind === 'data' && lineOf(first.payload).startsWith('command=');
  const text = isCommand ? canonicalCommand(packets) : canonicalNegotiation(packets);
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

/** Git packs requests above 1024 bytes (remote-curl). */
function unpacked(encoding: string | undefined, body: Buffer): Buffer | undefined {
  switch (encoding) {
    case undefined:
    case 'identity':
      return body.length <= longestRequest ? body : undefined;
    case 'gzip':
    case 'x-gzip':
      try {
        return gunzipSync(body, { maxOutputLength: longestRequest });
      } catch {
        return undefined;
      }
    default:
      return undefined;
  }
}

/** gitprotocol-v2, "Command Request": a command and capabilities, then arguments, neither of which have an order. */
function canonicalCommand(packets: readonly Packet[]): string | undefined {
  const sections: string[][] = [[], []];
  let section = 0;
  for (const [n, packet] of packets.entries()) {
    switch (packet.kind) {
      case 'data':
        sections[section]?.push(lineOf(packet.payload));
        break;
      case 'delimiter':
        if (section++ > 0) return undefined;
        break;
      case 'flush':
        if (n !== packets.length - 1) return undefined;
        break;
      case 'response-end':
        return undefined;
    }
  }
  if (packets.at(-1)?.kind !== 'flush') return undefined;
  const [capabilities = [], args = []] = sections;
  const written = (lines: readonly string[]) => lines.toSorted().map(linePacket).join('');
  const asked = args.length === 0 ? '' : delimiterPacket + written(args);
  return written(capabilities.filter(isMeant)) + asked + flushPacket;
}

/**
 * gitprotocol-pack, "Packfile Negotiation" (versions 0 and 1): the wants, of which the first brings the capabilities,
 * what is shallow or shall be, a flush, and then rounds of haves, whose order is left as it is.
 */
function canonicalNegotiation(packets: readonly Packet[]): string | undefined {
  const firstFlush = packets.findIndex(({ kind }) => kind === 'flush');
  const lines = packets.slice(0, firstFlush).flatMap(lineIn);
  const wants = lines.flatMap(line => {
    const [, oid, capabilities = ''] = /^want ([0-9a-f]{40,64})(?: (.*))?$/.exec(line) ?? [];
    return oid === undefined ? [] : [{ oid, capabilities: capabilities.split(' ') }];
  });
  const others = lines.filter(line => !line.startsWith('want '));
  const rest = packets.slice(firstFlush + 1);
  const framed = packets.every(({ kind }) => kind === 'data' || kind === 'flush');
  const understood = wants.length + others.length === lines.length;
  if (firstFlush < 0 || !framed || !understood || (wants.length === 0 && packets.length > 1))
    return undefined;
  const capabilities = wants.flatMap(want => want.capabilities.filter(word => word !== '' && isMeant(word)));
  const sorted = wants
    .map(({ oid }) => `want ${oid}`)
    .toSorted()
    .map((want, n) => (n === 0 ? [want, ...capabilities.toSorted()].join(' ') : want));
  const negotiated = rest.map(packet =>
    packet.kind === 'data' ? linePacket(lineOf(packet.payload)) : flushPacket,
  );
  return [...sorted, ...others].map(linePacket).join('') + flushPacket + negotiated.join('');
}

function lineIn(packet: Packet): string[] {
  return packet.kind === 'data' ? [lineOf(packet.payload)] : [];
}

/** False for a capability by which the client tells of itself and asks for nothing. */
function isMeant(capability: string): boolean {
  return !/^(agent|session-id)=/.test(capability);
}
