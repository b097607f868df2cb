import { X509Certificate } from 'node:crypto';
import { keystoreDigest } from '../image/index.ts';

const magic = 0xfeed_feed;
const version = 2;
const trustedCertificate = 2;

/**
 * A Java keystore (the JKS form, which every Java reads whatever its default type) of the certificates in PEM texts.
 * Java looks at its digest only where it is given a password; without one it takes the entries as they are.
 */
export function javaKeystore(pem: string): Buffer {
  const blocks = new Set(pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
  const entries = [...blocks].flatMap((block, index) => {
    const certificate = readable(block);
    if (certificate === undefined) return [];
    const head = [uint32(trustedCertificate), text(`root-${index}`), Buffer.alloc(8), text('X.509')];
    return [Buffer.concat([...head, uint32(certificate.length), certificate])];
  });
  const content = Buffer.concat([uint32(magic), uint32(version), uint32(entries.length), ...entries]);
  return Buffer.concat([content, keystoreDigest(content)]);
}

/** An image's bundle may hold what is no certificate; Java would refuse the whole keystore for it. */
function readable(block: string): Buffer | undefined {
  try {
    return new X509Certificate(block).raw;
  } catch {
    return undefined;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Java's modified UTF-8 is ASCII for ASCII. */
function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, 'ascii')]);
}
