import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

/** The parts of an X.509 v3 certificate (RFC 5280 4.1) that differ between the ones made here. */
export interface CertificateParts {
  /** Up to 20 octets, the first below 0x80. */
  readonly serial: Uint8Array;
  readonly issuer: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  /** An EC P-256 private key: the signature is ECDSA with SHA-256. */
  readonly issuerKey: KeyObject;
}

/** The certificate in DER. */
export function signedCertificate(parts: CertificateParts): Buffer {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(parts.serial),
    algorithm,
    commonName(parts.issuer),
    sequence(time(parts.notBefore), time(parts.notAfter)),
    commonName(parts.subject),
    publicKeyInfo(parts.publicKey),
    explicit(3, sequence(...parts.extensions)),
  );
  return sequence(body, algorithm, bitString(sign('sha256', body, parts.issuerKey)));
}

export function pemOf(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** DER of SubjectPublicKeyInfo, of a private key's public half too. */
export function publicKeyInfo(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

const commonName = (name: string): Buffer =>
  sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(name))));

function extension(identifier: string, critical: boolean, value: Buffer): Buffer {
  const flags = critical ? [booleanTrue] : [];
  return sequence(objectIdentifier(identifier), ...flags, octetString(value));
}

/** RFC 7093 2, method 1: the first 160 bits of the SHA-256 of the public key. */
function keyIdentifier(key: KeyObject): Buffer {
  // The key's bits are the last 65 octets (an uncompressed P-256 point) of its SubjectPublicKeyInfo.
  return createHash('sha256').update(publicKeyInfo(key).subarray(-65)).digest().subarray(0, 20);
}

const keyIdentifiers = (own: KeyObject, issuer: KeyObject): Buffer[] => [
  extension('2.5.29.14', false, octetString(keyIdentifier(own))),
  extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(issuer)))),
];

/** An authority that may sign leaves and no other authority (RFC 5280 4.2.1.3, 4.2.1.9). */
export function authorityExtensions(key: KeyObject): Buffer[] {
  return [
    extension('2.5.29.19', true, sequence(booleanTrue, integer(Buffer.from([0])))),
    // keyCertSign and cRLSign, bits 5 and 6.
    extension('2.5.29.15', true, bitString(Buffer.from([0b0000_0110]), 1)),
    ...keyIdentifiers(key, key),
  ];
}

/** A TLS server that goes by one DNS name or one IP address. */
export function serverExtensions(name: string, key: KeyObject, issuer: KeyObject): Buffer[] {
  return [
    extension('2.5.29.19', true, sequence()),
    // digitalSignature, bit 0.
    extension('2.5.29.15', true, bitString(Buffer.from([0b1000_0000]), 7)),
    extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(generalName(name))),
    ...keyIdentifiers(key, issuer),
  ];
}

/** RFC 5280 4.2.1.6: iPAddress holds 4 or 16 octets, dNSName holds text. */
function generalName(name: string): Buffer {
  if (isIPv4(name)) return implicit(7, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return implicit(7, ipv6Octets(name));
  return implicit(2, Buffer.from(name, 'ascii'));
}

function ipv6Octets(address: string): Buffer {
  // The URL parser writes IPv6 addresses in one form: no zone, no dotted tail, at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => parseInt(group, 16)));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...zeros, ...after].flatMap(group => [group >> 8, group & 0xff]));
}
