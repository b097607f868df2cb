import type { AddressPool } from './address-pool.ts';

/** RFC 1035 4.1.1, 3.2.2, 3.2.4; AAAA and the others need no number, since all get the same answer. */
const typeA = 1;
const classIn = 1;
const ttlSeconds = 60;
const noError = 0;
const serverFailure = 2;
const notImplemented = 4;

interface Question {
  /** Lower case, without the final dot; empty for the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Where the question ends in the query. */
  readonly end: number;
}

/**
 * The answer to a DNS query of a step: an address of the pool for the A record of every name, "no such record" for
 * every other type (so that clients of AAAA, SRV or HTTPS records fall back to A). Nothing for what is not a query.
 */
export function dnsAnswer(query: Uint8Array, pool: Pick<AddressPool, 'addressOf'>): Buffer | undefined {
  const message = Buffer.from(query);
  if (message.length < 12 || message.length > 4096) return undefined;
  const flags = message.readUInt16BE(2);
  const isResponse = (flags & 0x8000) !== 0;
  if (isResponse || message.readUInt16BE(4) !== 1) return undefined;
  const question = readQuestion(message);
  if (question === undefined) return undefined;
  const isStandardQuery = (flags & 0x7800) === 0;
  if (!isStandardQuery) return response(message, question, notImplemented);
  if (question.type !== typeA || question.class !== classIn || question.name === '')
    return response(message, question, noError);
  const address = question.name === 'localhost' ? '127.0.0.1' : pool.addressOf(question.name);
  if (address === undefined) return response(message, question, serverFailure);
  return response(message, question, noError, address);
}

/** RFC 1035 4.1.2; a question holds no compression pointer, having nothing before it to point to. */
function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at - 12 > 254) return undefined;
    if (length === 0) break;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (at + 5 > message.length) return undefined;
  const name = labels.join('.').toLowerCase();
  return { name, type: message.readUInt16BE(at + 1), class: message.readUInt16BE(at + 3), end: at + 5 };
}

function response(query: Buffer, question: Question, code: number, address?: string): Buffer {
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // QR, AA, RA, and RD as asked.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x7900) | code, 2);
  header.writeUInt16BE(1, 4);
  const parts = [header, query.subarray(12, question.end)];
  if (address !== undefined) {
    header.writeUInt16BE(1, 6);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(typeA, 2);
    record.writeUInt16BE(classIn, 4);
    record.writeUInt32BE(ttlSeconds, 6);
    record.writeUInt16BE(4, 10);
    parts.push(record, Buffer.from(address.split('.').map(Number)));
  }
  return Buffer.concat(parts);
}
