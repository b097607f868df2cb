/** Whether a Release file is signed by a key that its source trusts, and may be used now. */

import type { Config, Signature, VerifyMessageResult } from 'openpgp';
import { integrityError, messageOf, type HoldfastError } from '../../core/index.ts';
import type { Keyring } from './keyring.ts';
import type { Release } from './release.ts';

export interface VerifiedText {
  /** What was signed: nothing outside of it may be believed. */
  readonly text: string;
  /** Fingerprint of the primary key whose signature was found good; upper-case hexadecimal. */
  readonly signer: string;
}

export interface VerifyOptions {
  readonly keyring: Keyring;
  readonly now: Date;
  /**
   * True only where the lock holds the digest of this very file: then a key that has expired since, and a clock
   * that is behind, are no reason to refuse it, nor is a key that was retired. A compromised key is refused always.
   */
  readonly locked?: boolean;
  /** What to call the file in an error, for example its URL. */
  readonly origin: string;
}

/** An InRelease file: RFC 9580 section 7, "Cleartext Signature Framework". */
const cleartext =
  /^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\r?\n[\s\S]*?\r?\n-----BEGIN PGP SIGNATURE-----[ \t]*\r?\n[\s\S]*?\r?\n-----END PGP SIGNATURE-----\s*$/;

/**
 * The signed text of an InRelease file.
 * @throws HoldfastError (exit 4) APT_UNSIGNED where it is not clear-signed, or has anything around the signed message;
 *   APT_KEY_MISSING where no signature is by a key of the keyring; APT_KEY_EXPIRED; APT_RELEASE_FUTURE where it was
 *   signed after `now`; APT_SIGNATURE_BAD.
 */
export async function verifyInRelease(bytes: Uint8Array, options: VerifyOptions): Promise<VerifiedText> {
  const { readCleartextMessage, verify } = await import('openpgp');
  const source = decodeUtf8(bytes, options.origin);
  if (!cleartext.test(source) || source.split('-----BEGIN PGP SIGNED MESSAGE-----').length !== 2)
    throw unsigned(options.origin);
  const message = await readCleartextMessage({ cleartextMessage: source }).catch((error: unknown) => {
    throw bad(options.origin, [messageOf(error)], error);
  });
  const verificationKeys = [...options.keyring.keys];
  const signer = await goodSigner(options, async date => {
    const config = await policy();
    return (await verify({ message, verificationKeys, date, config })).signatures;
  });
  return { text: message.getText(), signer };
}

/**
 * The text of a Release file whose signature stands beside it, in `Release.gpg`.
 * @throws as verifyInRelease
 */
export async function verifyDetached(
  release: Uint8Array,
  armoredSignature: Uint8Array,
  options: VerifyOptions,
): Promise<VerifiedText> {
  const { createMessage, readSignature, verify } = await import('openpgp');
  const signature: Signature = await readSignature({
    armoredSignature: Buffer.from(armoredSignature).toString('latin1'),
  }).catch((error: unknown) => {
    throw bad(options.origin, [messageOf(error)], error);
  });
  const verificationKeys = [...options.keyring.keys];
  const signer = await goodSigner(options, async date => {
    const message = await createMessage({ binary: new Uint8Array(release) });
    return (await verify({ message, signature, verificationKeys, date, config: await policy() })).signatures;
  });
  return { text: decodeUtf8(release, options.origin), signer };
}

/**
 * What the signed text says of its own time, against the clock.
 * @throws HoldfastError (exit 4) APT_RELEASE_EXPIRED past Valid-Until, APT_RELEASE_FUTURE where it is dated ahead of
 *   the clock; neither where the lock holds the file's digest, which protects better than a date can.
 */
export function checkReleaseTime(
  release: Release,
  { now, locked, origin }: Pick<VerifyOptions, 'now' | 'locked' | 'origin'>,
): void {
  if (locked === true) return;
  if (release.validUntil !== undefined && release.validUntil.getTime() < now.getTime()) {
    throw integrityError(
      'APT_RELEASE_EXPIRED',
      `${origin} was valid until ${release.validUntil.toISOString()}`,
      {
        next: 'The mirror is behind: use another one, or check the clock of this machine.',
      },
    );
  }
  if (release.date.getTime() > now.getTime() + futureAllowance) throw fromFuture(origin, release.date, now);
}

/** The text of a Release or InRelease file whose signature somebody else judges; nothing may be trusted for it. */
export function unverifiedText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8').replaceAll('\r\n', '\n');
  const signed =
    /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[^\n]+\n)*\n([\s\S]*?)\n-----BEGIN PGP SIGNATURE-----$/m.exec(
      text,
    );
  return (signed?.[1] ?? text).replaceAll(/^- /gm, '');
}

/** Milliseconds; apt's own allowance for clocks that differ, Acquire::Max-FutureTime. */
const futureAllowance = 10_000;

/** What counts as a signature, said here so that a change of the library's defaults changes nothing. */
async function policy(): Promise<Config> {
  const { config, enums } = await import('openpgp');
  return {
    ...config,
    rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd]),
    rejectHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd]),
    minRSABits: 2047,
    // Archives renew a key's self-signatures to prolong it; the new keyring must still verify what was signed before.
    allowInsecureVerificationWithReformattedKeys: true,
  };
}

type Verification = (date: Date) => Promise<readonly VerifyMessageResult['signatures'][number][]>;

async function goodSigner(options: VerifyOptions, verification: Verification): Promise<string> {
  const { keyring, locked, now, origin } = options;
  const problems = new Map<string, string>();
  let known = false;
  let expired = false;
  const created = await creationTimes(await verification(now));
  for (const date of await verificationDates(options, created)) {
    for (const { keyID, verified } of await verification(date)) {
      const id = keyID.toHex().toUpperCase();
      const key = keyring.keys.find(candidate => candidate.getKeys(keyID).length > 0);
      known ||= key !== undefined;
      try {
        await verified;
        if (key === undefined) continue;
        // The library asks whether the key was valid when it signed; a trust decision of today asks about today.
        if (locked !== true) {
          expired = true;
          await key.getSigningKey(keyID, now, undefined, await policy());
        }
        return key.getFingerprint().toUpperCase();
      } catch (error) {
        if (!problems.has(id)) problems.set(id, `signature by ${id}: ${messageOf(error)}`);
      }
    }
  }
  if (!known) throw keyMissing(origin, [...problems.values()], keyring);
  if (expired) throw keyExpired(origin, [...problems.values()]);
  const ahead = created.find(time => time.getTime() > now.getTime() + futureAllowance);
  if (ahead !== undefined && locked !== true) throw fromFuture(origin, ahead, now);
  throw bad(origin, [...problems.values()]);
}

/** For a locked file, also when it was signed, and the last moments at which each key was valid. */
async function verificationDates(
  { keyring, now, locked }: VerifyOptions,
  created: readonly Date[],
): Promise<Date[]> {
  if (locked !== true) return [new Date(now.getTime() + futureAllowance)];
  const dates = [now, ...created];
  for (const key of keyring.keys) {
    const expiry = await key.getExpirationTime();
    if (expiry instanceof Date) dates.push(new Date(expiry.getTime() - 1000));
  }
  return dates;
}

async function creationTimes(signatures: Awaited<ReturnType<Verification>>): Promise<Date[]> {
  const packets = await Promise.all(signatures.map(async ({ signature }) => (await signature).packets[0]));
  return packets.flatMap(packet => packet?.created ?? []);
}

function decodeUtf8(bytes: Uint8Array, origin: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw bad(origin, ['it is not UTF-8 text'], error);
  }
}

function unsigned(origin: string): HoldfastError {
  return integrityError(
    'APT_UNSIGNED',
    `${origin} is not a clear-signed file, from its first byte to its last`,
    {
      next: 'Check the archive’s address; a login page or an error page in its place is the usual cause.',
    },
  );
}

function fromFuture(origin: string, date: Date, now: Date): HoldfastError {
  return integrityError('APT_RELEASE_FUTURE', `${origin} is dated ${date.toISOString()}, in the future`, {
    next: `Check the clock of this machine: it says ${now.toISOString()}.`,
  });
}

function bad(origin: string, details: readonly string[], cause?: unknown): HoldfastError {
  return integrityError('APT_SIGNATURE_BAD', `the signature of ${origin} does not verify`, {
    next: 'Do not use this copy of the archive: it was altered or damaged on the way.',
    details,
    cause,
  });
}

function keyMissing(origin: string, details: readonly string[], keyring: Keyring): HoldfastError {
  const held = keyring.fingerprints.length === 0 ? ['the keyring is empty'] : [];
  return integrityError('APT_KEY_MISSING', `${origin} is signed by no key of the keyring given for it`, {
    next: 'Give the keyring of this archive (Signed-By, or --keyring).',
    details: [...details, ...held],
  });
}

function keyExpired(origin: string, details: readonly string[]): HoldfastError {
  return integrityError('APT_KEY_EXPIRED', `${origin} is signed by a key that is no longer valid`, {
    next: 'Install the archive’s current keyring package, or give its keyring with --keyring.',
    details,
  });
}
