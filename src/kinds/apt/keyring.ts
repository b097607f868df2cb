/** OpenPGP keyrings, as apt's `Signed-By` names them: binary `.gpg`, armoured `.asc`, or armoured inside the field. */

import type { PublicKey } from 'openpgp';
import { integrityError, messageOf, type HoldfastError } from '../../core/index.ts';

export interface Keyring {
  readonly keys: readonly PublicKey[];
  /** Upper-case hexadecimal fingerprints of the primary keys, in the keyring's order. */
  readonly fingerprints: readonly string[];
}

/**
 * All keys of one or several keyring files.
 * @param files their bytes, and what to call each in an error (a path).
 * @throws HoldfastError APT_KEYRING_INVALID (exit 4) for a file that is no keyring or holds no key.
 */
export async function readKeyring(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Promise<Keyring> {
  const keys: PublicKey[] = [];
  for (const { name, bytes } of files) keys.push(...(await keysOf(name, bytes)));
  const fingerprints = keys.map(key => key.getFingerprint().toUpperCase());
  return { keys, fingerprints };
}

/**
 * The keyring with only the keys of these fingerprints, as `Signed-By` with fingerprints asks for.
 * @param fingerprints hexadecimal, of primary keys or subkeys; apt's trailing `!` is allowed.
 */
export function keyringOnly(keyring: Keyring, fingerprints: readonly string[]): Keyring {
  const wanted = new Set(fingerprints.map(text => text.replace(/!$/, '').toUpperCase()));
  const keys = keyring.keys.filter(key =>
    [key, ...key.subkeys].some(part => wanted.has(part.getFingerprint().toUpperCase())),
  );
  return { keys, fingerprints: keys.map(key => key.getFingerprint().toUpperCase()) };
}

async function keysOf(name: string, bytes: Uint8Array): Promise<PublicKey[]> {
  // The library is large; commands that touch no archive never load it.
  const { readKeys } = await import('openpgp');
  const text = Buffer.from(bytes).toString('latin1');
  try {
    const blocks = text.match(armourBlock) ?? [];
    const keys = text.includes('-----BEGIN PGP')
      ? (await Promise.all(blocks.map(armoredKeys => readKeys({ armoredKeys })))).flat()
      : await readKeys({ binaryKeys: new Uint8Array(bytes) });
    if (keys.length === 0) throw new Error('it holds no public key');
    return keys.map(key => key.toPublic());
  } catch (error) {
    throw invalid(name, bytes, error);
  }
}

/** A file may hold several armoured blocks, one after the other. */
const armourBlock = /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g;

function invalid(name: string, bytes: Uint8Array, cause: unknown): HoldfastError {
  const keybox = Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'KBXf';
  return integrityError(
    'APT_KEYRING_INVALID',
    `${name} is not a keyring that can be read: ${messageOf(cause)}`,
    {
      next: keybox
        ? 'It is a GnuPG keybox; export the keys from it with "gpg --export" as apt needs them.'
        : 'Give the archive’s public keys as gpg --export writes them, with or without --armor.',
      cause,
    },
  );
}
