/** By which keys a locked suite's new index is verified, on a machine that may trust none of them. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, integrityError } from '../../core/index.ts';
import type { LatestContext, LockedArchive } from '../latest.ts';
import { keyringOnly, readKeyring, type Keyring } from './keyring.ts';
import { verifyInRelease } from './signature.ts';
import { readSources } from './sources.ts';
import { keyringFor } from './trust.ts';

const keyDirectories = ['etc/apt/trusted.gpg.d', 'etc/apt/keyrings', 'usr/share/keyrings'];

/**
 * The keys that the built image's own sources name for the archive. Where it has no such source any more, the key that
 * signed the locked index, out of all that the image has, or this machine: who signed then must sign now.
 * @throws HoldfastError APT_KEY_MISSING (exit 4)
 */
export async function keyringOfArchive(
  archive: LockedArchive,
  { trust, now }: Pick<LatestContext, 'trust' | 'now'>,
): Promise<Keyring> {
  const named = trust === undefined ? undefined : await keyringOfSources(archive, trust);
  if (named !== undefined && named.keys.length > 0) return named;
  const locked = await archive.readIndex();
  for (const root of trust === undefined ? ['/'] : [trust, '/']) {
    const all = await allKeys(root);
    const signer = locked && (await signerOf(locked, all, now));
    if (signer !== undefined) return keyringOnly(all, [signer]);
  }
  throw integrityError(
    'APT_KEY_MISSING',
    `no key is at hand that signed ${archive.url} ${archive.suite} when it was locked`,
    {
      next: 'Bring the image or its lock into the store (`holdfast build`), or install the archive’s keyring package.',
    },
  );
}

async function keyringOfSources({ url, suite }: LockedArchive, root: string): Promise<Keyring | undefined> {
  const plain = (text: string) => text.replace(/\/+$/, '');
  try {
    const sources = await readSources(root);
    const source = sources.find(
      ({ uris, suites }) => uris.some(uri => plain(uri) === plain(url)) && suites.includes(suite),
    );
    return source && (await keyringFor(root, source.signedBy));
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}

async function allKeys(root: string): Promise<Keyring> {
  const keys: Keyring['keys'][number][] = [];
  for (const directory of keyDirectories)
    for (const name of await readdir(join(root, directory)).catch(() => [])) {
      if (!/\.(?:gpg|asc|pgp)$/.test(name)) continue;
      const bytes = await readFile(join(root, directory, name)).catch(() => undefined);
      // One that cannot be read trusts nobody.
      const read = bytes && (await readKeyring([{ name, bytes }]).catch(() => undefined));
      keys.push(...(read?.keys ?? []));
    }
  return { keys, fingerprints: keys.map(key => key.getFingerprint().toUpperCase()) };
}

async function signerOf(index: Buffer, keyring: Keyring, now: Date): Promise<string | undefined> {
  try {
    const { signer } = await verifyInRelease(index, {
      keyring,
      now,
      locked: true,
      origin: 'the locked index',
    });
    return signer;
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}
