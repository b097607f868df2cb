import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sourceDate } from '../diff/testing.ts';
import { canBeRoot } from '../filesystem/testing.ts';
import { tarFile } from '../tar/testing.ts';
import { keystoreDigest } from './java.ts';
import { layerOf } from './testing.ts';

const isRoot = canBeRoot('the rule for Java keystores');

/** Two certificates, added by `keytool -importcert -storetype JKS` of OpenJDK 17 on 24 November 2026. */
const keystore = Buffer.from(
  `
/u3+7QAAAAIAAAACAAAAAgAOZGViaWFuOnR3by5wZW0AAAGiC50YzAAFWC41MDkAAAFxMIIBbTCCAROgAwIBAgIUU5g0EA5KH5P5
Mx4Pzagmu+tEraUwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjQwMzMyNTJaFw0zNTAyMTAwMzMyNTJaMAwxCjAI
BgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQV3jCLtswwXTlnFKMIp0tNqjNdp24ezyZTRROEpYEgGzkEE7rBK4jn
wPGp8hMbLHqmOjnxk+W5Nry2D1dI6ZXio1MwUTAdBgNVHQ4EFgQUb5D9rk1aPY26/sAIKitaEs9f9EIwHwYDVR0jBBgwFoAUb5D9
rk1aPY26/sAIKitaEs9f9EIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA8Fl3rC4GACZIHmC+NEHlHL79veoE
vCiX4JMgNwEpg1ICIB7uvkEE7VBdb/VtQ54v/ItNHoVH2ay23MRJM+u9Ec9VAAAAAgAOZGViaWFuOm9uZS5wZW0AAAGiC50RoQAF
WC41MDkAAAFxMIIBbTCCAROgAwIBAgIUU5g0EA5KH5P5Mx4Pzagmu+tEraUwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAeFw0y
NjExMjQwMzMyNTJaFw0zNTAyMTAwMzMyNTJaMAwxCjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQV3jCLtsww
XTlnFKMIp0tNqjNdp24ezyZTRROEpYEgGzkEE7rBK4jnwPGp8hMbLHqmOjnxk+W5Nry2D1dI6ZXio1MwUTAdBgNVHQ4EFgQUb5D9
rk1aPY26/sAIKitaEs9f9EIwHwYDVR0jBBgwFoAUb5D9rk1aPY26/sAIKitaEs9f9EIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjO
PQQDAgNIADBFAiEA8Fl3rC4GACZIHmC+NEHlHL79veoEvCiX4JMgNwEpg1ICIB7uvkEE7VBdb/VtQ54v/ItNHoVH2ay23MRJM+u9
Ec9VAlAYdkMLZrjPOdlJ8Igi6DnRizw=
`,
  'base64',
);

/** Where the times of its entries are. */
const places = [32, 440];
const timesIn = (bytes: Buffer) => places.map(at => Number(bytes.readBigUInt64BE(at)) / 1000);

function withTimes(...times: number[]): Buffer {
  const content = Buffer.from(keystore.subarray(0, -20));
  for (const [n, at] of places.entries()) content.writeBigUInt64BE(BigInt(times[n] ?? 0) * 1000n, at);
  return Buffer.concat([content, keystoreDigest(content)]);
}

function digestFor(password: string, content: Buffer): Buffer {
  const bytes = Buffer.from(password, 'utf16le').swap16();
  return createHash('sha1').update(bytes).update('Mighty Aphrodite').update(content).digest();
}

async function normalised(path: string, bytes: Buffer): Promise<Buffer> {
  const { contents } = await layerOf([tarFile(path, bytes)]);
  return Buffer.from(contents[path] ?? '', 'latin1');
}

test('the digest is the one that keytool wrote', () => {
  expect(keystoreDigest(keystore.subarray(0, -20))).toEqual(keystore.subarray(-20));
});

describe.skipIf(!isRoot)('java-keystore', () => {
  test.each(['etc/ssl/certs/java/cacerts', 'opt/app/trust.jks'])(
    '%s: late times become the source date, and the digest fits',
    async path => {
      expect(timesIn(keystore).every(time => time > sourceDate)).toBe(true);
      const bytes = await normalised(path, keystore);
      expect(timesIn(bytes)).toEqual([sourceDate, sourceDate]);
      expect(bytes).toEqual(withTimes(sourceDate, sourceDate));
    },
  );

  test('a time before the source date stays', async () => {
    const bytes = await normalised('cacerts', withTimes(1_600_000_000, sourceDate + 9));
    expect(timesIn(bytes)).toEqual([1_600_000_000, sourceDate]);
    const early = withTimes(1, 2);
    expect(await normalised('cacerts', early)).toEqual(early);
  });

  const content = keystore.subarray(0, -20);
  const signed = (changed: Buffer) => Buffer.concat([changed, keystoreDigest(changed)]);
  const changedAt = (at: number, value: number) => {
    const changed = Buffer.from(content);
    changed.writeUInt32BE(value, at);
    return signed(changed);
  };
  test.each<[string, Buffer]>([
    ['another password', Buffer.concat([content, digestFor('secret', content)])],
    ['a damaged digest', Buffer.concat([content, Buffer.alloc(20)])],
    ['a private key', changedAt(12, 1)],
    ['another version', changedAt(4, 1)],
    ['more entries than there are', changedAt(8, 3)],
    ['fewer entries than there are', changedAt(8, 1)],
    ['a length beyond the end', changedAt(content.length - 4 - 369, 0x7fff_ffff)],
    ['PKCS #12', Buffer.concat([Buffer.from('308203620201033082030c', 'hex'), Buffer.alloc(60)])],
    ['nothing', Buffer.alloc(0)],
  ])('%s: the file stays as it is', async (_what, bytes) => {
    expect(await normalised('cacerts', bytes)).toEqual(bytes);
  });
});
