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
  readonly #addresses = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** Nothing once 65 534 names are in use. */
  addressOf(name: string): string | undefined {
    const known = this.#addresses.get(name);
    if (known !== undefined || this.#names.size > last - first) return known;
    let number = createHash('sha256').update(name).digest().readUInt16BE();
    for (;;) {
      const address = `${network}.${number >> 8}.${number & 0xff}`;
      if (number >= first && number <= last && !this.#names.has(address)) {
        this.#addresses.set(name, address);
        this.#names.set(address, name);
        return address;
      }
      number = (number + 1) & 0xffff;
    }
  }

  nameOf(address: string): string | undefined {
    return this.#names.get(address);
  }
}
