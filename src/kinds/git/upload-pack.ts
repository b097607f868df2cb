import { refOfLine, type AdvertisedRef } from './advertisement.ts';
import { lineOf, packetAt } from './pkt-line.ts';

/** What an answer to `POST git-upload-pack` holds, of any version of the protocol. */
export interface UploadPackAnswer {
  /** The refs of `ls-refs`, or those that a fetch asked for by name. */
  readonly refs: readonly AdvertisedRef[];
  /** Only in the answer that ends a negotiation. */
  readonly pack?: Buffer | undefined;
}

/** Headings and lines that come before a pack: gitprotocol-v2, "fetch"; gitprotocol-pack, "Packfile Negotiation". */
const negotiation =
  /^(acknowledgments|shallow-info|wanted-refs|packfile-uris|packfile|ready|NAK|(ACK|shallow|unshallow) [0-9a-f]{40}([0-9a-f]{24})?( [a-z]+)?|unborn HEAD( .*)?|[0-9a-f]{40}([0-9a-f]{24})? \S+:\/\/\S+)$/;

/** The streams that a packet's first byte may name: gitprotocol-pack, "Packfile Data". */
const packStream = 1;
const progressStream = 2;
const errorStream = 3;

/** Nothing where `body` is not such an answer, or says that the server failed. */
export function uploadPackAnswer(body: Buffer): UploadPackAnswer | undefined {
  const refs: AdvertisedRef[] = [];
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < body.length; ) {
    // A client of version 0 that knows no streams is given the pack itself, in no packets.
    if (chunks.length === 0 && body.toString('latin1', offset, offset + 4) === 'PACK')
      return { refs, pack: body.subarray(offset) };
    const packet = packetAt(body, offset);
    if (packet === undefined) return undefined;
    offset = packet.end;
    if (packet.kind !== 'data') continue;
    const { stream, content } = inStream(packet.payload);
    if (stream === progressStream) continue;
    if (stream === errorStream) return undefined;
    if (stream === packStream && (chunks.length > 0 || content.toString('latin1', 0, 4) === 'PACK')) {
      chunks.push(content);
      continue;
    }
    const line = lineOf(content);
    const ref = refOfLine(line);
    if (ref !== undefined) refs.push(ref);
    else if (!negotiation.test(line)) return undefined;
  }
  return { refs, pack: chunks.length > 0 ? Buffer.concat(chunks) : undefined };
}

/** With `sideband-all`, lines too are in the pack's stream. */
function inStream(payload: Buffer): { stream?: number; content: Buffer } {
  const [first] = payload;
  if (first === undefined || first > errorStream) return { content: payload };
  return { stream: first, content: payload.subarray(1) };
}
