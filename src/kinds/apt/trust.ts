/** The keys that a source trusts: `Signed-By`, or apt's own keyring directories where it says nothing. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, integrityError, messageOf } from '../../core/index.ts';
import { compareText } from './candidates.ts';
import { keyringOnly, readKeyring, type Keyring } from './keyring.ts';
import type { SignedBy } from './sources.ts';

type KeyFile = Parameters<typeof readKeyring>[0][number];

/**
 * @param root the directory in which absolute paths of `Signed-By` and `etc/apt/trusted.gpg.d` are looked up.
 * @throws HoldfastError (exit 4) APT_KEYRING_MISSING, and as readKeyring
 */
export async function keyringFor(root: string, signedBy: readonly SignedBy[]): Promise<Keyring> {
  const files: KeyFile[] = [];
  const fingerprints: string[] = [];
  for (const source of signedBy) {
    switch (source.kind) {
      case 'file':
        files.push(await keyFile(join(root, source.path), source.path));
        break;
      case 'embedded':
        files.push({ name: 'the key in Signed-By', bytes: Buffer.from(source.armored) });
        break;
      case 'fingerprint':
        fingerprints.push(source.fingerprint);
        break;
    }
  }
  if (files.length > 0 && fingerprints.length === 0) return readKeyring(files);
  const keyring = await readKeyring(files.length > 0 ? files : await trustedFiles(root));
  return fingerprints.length > 0 ? keyringOnly(keyring, fingerprints) : keyring;
}

async function keyFile(path: string, name: string): Promise<KeyFile> {
  try {
    return { name, bytes: await readFile(path) };
  } catch (error) {
    throw integrityError('APT_KEYRING_MISSING', `the keyring ${name} cannot be read: ${messageOf(error)}`, {
      next: 'Install the archive’s keyring package, or give a keyring with --keyring.',
      cause: error,
    });
  }
}

async function trustedFiles(root: string): Promise<KeyFile[]> {
  const directory = join(root, 'etc/apt/trusted.gpg.d');
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const paths = names
    .filter(name => /\.(gpg|asc)$/.test(name))
    .toSorted(compareText)
    .map(name => join(directory, name));
  const main = join(root, 'etc/apt/trusted.gpg');
  const files = await Promise.all(paths.map(path => keyFile(path, path)));
  const old = await readFile(main).catch(() => undefined);
  return old === undefined ? files : [{ name: main, bytes: old }, ...files];
}
