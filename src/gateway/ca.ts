import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  authorityExtensions,
  pemOf,
  publicKeyInfo,
  serverExtensions,
  signedCertificate,
} from './certificate.ts';

/** So wide that no client's clock, skewed or set to a lock's date, falls outside; nothing outlives the build anyway. */
const notBefore = new Date('2000-01-01T00:00:00Z');
const notAfter = new Date('2099-12-31T23:59:59Z');

/** A hostile step may name any number of hosts; each leaf costs about 20 kB. */
const cachedLeaves = 1000;

export interface Leaf {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly context: SecureContext;
}

/**
 * The certificate authority of one build (DESIGN 5, "TLS"): made in memory, gone with the process. Keys come from
 * the runtime's own generator and not from an argument, since nothing may ever make them predictable.
 */
export class CertificateAuthority {
  readonly certificatePem: string;
  readonly #name = `Holdfast build CA ${randomBytes(16).toString('hex')}`;
  readonly #key = keyPair();
  /** One key for all leaves: they live and die together. */
  readonly #leafKey = keyPair();
  readonly #leafKeyPem = this.#leafKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  readonly #leaves = new Map<string, Leaf>();

  constructor() {
    const certificate = signedCertificate({
      ...this.#issued(),
      subject: this.#name,
      publicKey: this.#key,
      extensions: authorityExtensions(this.#key),
    });
    this.certificatePem = pemOf(certificate);
  }

  /**
   * Byte strings of which at least one is in any file that holds this authority's certificate or public key: as
   * DER (a Java keystore), as PEM of any line width from 64 up, or as text.
   */
  get markers(): Buffer[] {
    const der = Buffer.from(this.certificatePem.replaceAll(/-----[A-Z ]+-----|\n/g, ''), 'base64');
    const base64 = der.toString('base64');
    const key = publicKeyInfo(this.#key);
    const random = this.#name.slice(-32);
    // Only bytes that no other certificate has: the random end of both names, and the two halves of the key's point.
    const offsets = [
      der.indexOf(random),
      der.lastIndexOf(random),
      der.indexOf(key) + key.length - 64,
      der.indexOf(key) + key.length - 32,
    ];
    const pieces = offsets.map(offset => {
      const start = Math.ceil(offset / 3) * 4;
      return Buffer.from(base64.slice(start, start + 24));
    });
    return [key, Buffer.from(this.#name), ...pieces];
  }

  /** The certificate of the server `name`, a DNS name or an IP address that was checked before. */
  leaf(name: string): Leaf {
    const found = this.#leaves.get(name) ?? this.#newLeaf(name);
    // Most recently used last: the first is the one to forget.
    this.#leaves.delete(name);
    this.#leaves.set(name, found);
    const [oldest] = this.#leaves.keys();
    if (this.#leaves.size > cachedLeaves && oldest !== undefined) this.#leaves.delete(oldest);
    return found;
  }

  #newLeaf(name: string): Leaf {
    const certificate = signedCertificate({
      ...this.#issued(),
      subject: 'Holdfast gateway',
      publicKey: this.#leafKey,
      extensions: serverExtensions(name, this.#leafKey, this.#key),
    });
    const certificatePem = pemOf(certificate);
    const context = createSecureContext({ cert: certificatePem, key: this.#leafKeyPem });
    return { certificatePem, keyPem: this.#leafKeyPem, context };
  }

  #issued() {
    const serial = randomBytes(16);
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    return { serial, issuer: this.#name, notBefore, notAfter, issuerKey: this.#key };
  }
}

function keyPair(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}
