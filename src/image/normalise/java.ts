import { createHash } from 'node:crypto';
import { same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

export const javaRules: readonly Rule[] = [
  {
    id: 'java-keystore',
    what: 'in Java keystores of certificates, times of adding after the source date become the source date',
    why: 'each certificate has the time at which it was added; keystores with private keys or a password of their own stay as they are',
    paths: /(?:^|\/)(?:cacerts|[^/]+\.jks)$/,
    apply: addedTimes,
  },
];

const magic = 0xfeed_feed;
const version = 2;
const trustedCertificate = 2;
const digestLength = 20;

/**
 * The digest at the end of a Java keystore of the JKS form, over all that comes before it, as the keystores that come
 * with Java have it: for the password `changeit`.
 */
export function keystoreDigest(content: Buffer): Buffer {
  const password = Buffer.from('changeit', 'utf16le').swap16();
  return createHash('sha1').update(password).update('Mighty Aphrodite').update(content).digest();
}

/** Only where the digest fits: what was made with another password could not be given its digest again. */
function addedTimes(file: RuleFile, { sourceDate }: RuleContext): RuleOutcome {
  if (file.type !== 'file' || file.size < 12 + digestLength) return same;
  const keystore = file.read();
  const content = keystore.subarray(0, -digestLength);
  if (content.readUInt32BE(0) !== magic || content.readUInt32BE(4) !== version) return same;
  if (!keystoreDigest(content).equals(keystore.subarray(-digestLength))) return same;
  const places = timePlaces(content);
  const latest = BigInt(sourceDate) * 1000n;
  const late = places?.filter(at => content.readBigUInt64BE(at) > latest) ?? [];
  if (late.length === 0) return same;
  for (const at of late) content.writeBigUInt64BE(latest, at);
  return { kind: 'content', content: Buffer.concat([content, keystoreDigest(content)]) };
}

/**
 * Where the entries' times are, in milliseconds since 1970. An entry is its kind, alias, time, and for a certificate
 * its type and bytes; strings have 16-bit lengths, bytes 32-bit ones. Nothing where there is any other kind of entry.
 */
function timePlaces(content: Buffer): number[] | undefined {
  const places: number[] = [];
  let at = 12;
  try {
    for (let left = content.readUInt32BE(8); left > 0; left--) {
      if (content.readUInt32BE(at) !== trustedCertificate) return undefined;
      at += 4;
      at += 2 + content.readUInt16BE(at);
      places.push(at);
      at += 8;
      at += 2 + content.readUInt16BE(at);
      at += 4 + content.readUInt32BE(at);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return at === content.length ? places : undefined;
}
