import type { IndexFacts } from '../kind.ts';
import { parseRelease } from './release.ts';
import { unverifiedText } from './signature.ts';

/** What a suite's signed index says of itself, and the keys that signed it. apt in the step judged whether they may. */
export async function releaseFacts(bytes: Buffer, url: string): Promise<IndexFacts | undefined> {
  const text = unverifiedText(bytes);
  if (!/^Date:/im.test(text)) return undefined;
  parseRelease(text, url);
  const facts: Record<string, string> = {};
  for (const name of ['Origin', 'Label', 'Suite', 'Codename']) {
    const value = new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(text)?.[1]?.trim();
    if (value !== undefined && value !== '') facts[name] = value;
  }
  const signers = await signersOf(bytes);
  return { ...facts, ...(signers.length > 0 && { 'signed by': signers.join(', ') }) };
}

/** Key IDs, as hexadecimal; none where the signature stands beside the file. */
async function signersOf(bytes: Buffer): Promise<string[]> {
  const { readCleartextMessage } = await import('openpgp');
  const text = bytes.toString('utf8');
  if (!text.startsWith('-----BEGIN PGP SIGNED MESSAGE-----')) return [];
  const message = await readCleartextMessage({ cleartextMessage: text });
  return [...new Set(message.getSigningKeyIDs().map(id => id.toHex().toUpperCase()))].toSorted();
}
