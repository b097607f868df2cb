import { createHash } from 'node:crypto';

/** 198.18.0.0/15 is for benchmarks (RFC 2544) and routed nowhere; this is its upper half. */
const network = '198.19';
const first = 1;
const last = 0xfffe;

/**
 * An address for every name that a step looks up, so that a connection which brings no name (plain TCP, TLS
 * without SNI) can be named by the address that it went to. A name's address depends on the name alone, unless two
 * names share a hash: then the later one takes the next free address.
 */
export class AddressPool {
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<number, string>();

  /** Nothing once 65 534 names are in use. */
  addressOf(name: string): string | undefined {
    const number = this.#numbers.get(name) ?? this.#newNumber(name);
    return number === undefined ? undefined : `${network}.${number >> 8}.${number & 0xff}`;
  }

  nameOf(address: string): string | undefined {
    const [, high, low] = /^198\.19\.(\d+)\.(\d+)$/.exec(address) ?? [];
    return this.#names.get(Number(high) * 256 + Number(low));
  }

  #newNumber(name: string): number | undefined {
    if (this.#names.size > last - first) return undefined;
    let number = createHash('sha256').update(name).digest().readUInt16BE();
    while (number < first || number > last || this.#names.has(number)) number = (number + 1) & 0xffff;
    this.#numbers.set(name, number);
    this.#names.set(number, name);
    return number;
  }
}
