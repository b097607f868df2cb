import { createCleartextMessage, enums, generateKey, reformatKey, sign, revokeKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveKey } from '../../../testkit/apt/index.ts';
import { readKeyring, type Keyring } from './keyring.ts';
import { parseRelease } from './release.ts';
import { checkReleaseTime, unverifiedText, verifyDetached, verifyInRelease } from './signature.ts';

const created = new Date('2020-01-01T00:00:00Z');
const signed = new Date('2024-06-01T12:00:00Z');
const now = new Date('2024-06-02T00:00:00Z');
const day = 24 * 3600;
const text =
  'Origin: Test\nSuite: stable\nDescription: two  \n-----dashes\nDate: Sat, 01 Jun 2024 12:00:00 UTC\nSHA256:\n';

let key: ArchiveKey;
let other: ArchiveKey;
let keyring: Keyring;

beforeAll(async () => {
  key = await ArchiveKey.create({ created });
  other = await ArchiveKey.create({ created });
  keyring = await readKeyring([{ name: 'test', bytes: key.gpg }]);
});

const failing = (code: string) => expect.objectContaining({ code, exit: 4 });
const options = { origin: 'https://mirror.test/InRelease' };

describe('readKeyring', () => {
  it('reads binary and armoured keys, several of each, in one keyring', async () => {
    const both = Buffer.concat([key.gpg, other.gpg]);
    const fingerprints = [key.fingerprint, other.fingerprint];
    expect((await readKeyring([{ name: 'a', bytes: both }])).fingerprints).toEqual(fingerprints);
    const armoured = Buffer.from(`A comment\n${key.asc}\n${other.asc}`);
    expect((await readKeyring([{ name: 'a', bytes: armoured }])).fingerprints).toEqual(fingerprints);
  });

  it.each(['', 'no key at all', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n'])(
    'refuses %j',
    async bytes => {
      await expect(readKeyring([{ name: 'a.gpg', bytes: Buffer.from(bytes) }])).rejects.toThrow(
        failing('APT_KEYRING_INVALID'),
      );
    },
  );
});

describe('verifyInRelease', () => {
  it('gives the signed text and who signed it', async () => {
    const bytes = await key.clearSign(text, signed);
    const verified = await verifyInRelease(bytes, { ...options, keyring, now });
    // Blanks at the end of a line are not signed: RFC 9580, 7.2.
    expect(verified).toEqual({ text: text.replace('two  ', 'two'), signer: key.fingerprint });
    expect(unverifiedText(bytes)).toBe(verified.text);
  });

  it('takes one good signature among others', async () => {
    const both = await readKeyring([{ name: 'a', bytes: Buffer.concat([other.gpg, key.gpg]) }]);
    const bytes = await key.clearSign(text, signed);
    expect(await verifyInRelease(bytes, { ...options, keyring: both, now })).toMatchObject({
      signer: key.fingerprint,
    });
  });

  it('refuses one changed character', async () => {
    const bytes = Buffer.from((await key.clearSign(text, signed)).toString().replace('Test', 'Tost'));
    await expect(verifyInRelease(bytes, { ...options, keyring, now })).rejects.toThrow(
      failing('APT_SIGNATURE_BAD'),
    );
  });

  it('refuses a key that is not in the keyring', async () => {
    const bytes = await other.clearSign(text, signed);
    await expect(verifyInRelease(bytes, { ...options, keyring, now })).rejects.toThrow(
      failing('APT_KEY_MISSING'),
    );
  });

  it('refuses text around the signed message, a second one, and none', async () => {
    const bytes = (await key.clearSign(text, signed)).toString();
    for (const wrong of [
      `Origin: Evil\n${bytes}`,
      `${bytes}Origin: Evil\n`,
      bytes + bytes,
      text,
      '<html></html>',
      '',
    ])
      await expect(verifyInRelease(Buffer.from(wrong), { ...options, keyring, now })).rejects.toThrow(
        failing('APT_UNSIGNED'),
      );
  });

  it('refuses weak digests', async () => {
    const { privateKey } = await generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'weak' }],
      date: created,
      format: 'object',
    });
    const weak = await readKeyring([{ name: 'weak', bytes: privateKey.toPublic().write() }]);
    const signedWith = async (hash: enums.hash): Promise<Buffer> =>
      Buffer.from(
        await sign({
          message: await createCleartextMessage({ text }),
          signingKeys: privateKey,
          date: signed,
          config: {
            preferredHashAlgorithm: hash,
            rejectHashAlgorithms: new Set(),
            nonDeterministicSignaturesViaNotation: false,
          },
        }),
      );
    privateKey.users[0]?.selfCertifications.forEach(certification => {
      certification.preferredHashAlgorithms = [enums.hash.sha1, enums.hash.sha256];
    });
    const sha256 = await signedWith(enums.hash.sha256);
    expect(sha256.toString()).toContain('Hash: SHA256');
    expect(await verifyInRelease(sha256, { ...options, keyring: weak, now })).toMatchObject({
      text: expect.any(String),
    });
    const sha1 = await signedWith(enums.hash.sha1);
    expect(sha1.toString()).toContain('Hash: SHA1');
    await expect(verifyInRelease(sha1, { ...options, keyring: weak, now })).rejects.toThrow(
      failing('APT_SIGNATURE_BAD'),
    );
  });

  it('refuses an expired key, except for the very file that the lock names', async () => {
    const short = await ArchiveKey.create({ created, lifetime: 5 * 365 * day });
    const ring = await readKeyring([{ name: 'short', bytes: short.gpg }]);
    const bytes = await short.clearSign(text, signed);
    const late = new Date('2030-01-01T00:00:00Z');
    expect(await verifyInRelease(bytes, { ...options, keyring: ring, now })).toMatchObject({
      signer: short.fingerprint,
    });
    await expect(verifyInRelease(bytes, { ...options, keyring: ring, now: late })).rejects.toThrow(
      failing('APT_KEY_EXPIRED'),
    );
    const locked = { ...options, keyring: ring, now: late, locked: true };
    expect(await verifyInRelease(bytes, locked)).toMatchObject({ signer: short.fingerprint });
    const changed = Buffer.from(bytes.toString().replace('Test', 'Tost'));
    await expect(verifyInRelease(changed, locked)).rejects.toThrow(failing('APT_SIGNATURE_BAD'));
    const foreign = await other.clearSign(text, signed);
    await expect(verifyInRelease(foreign, locked)).rejects.toThrow(failing('APT_KEY_MISSING'));
  });

  it('takes a signature older than the key’s renewal, also when that has expired and the file is locked', async () => {
    const { privateKey } = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: [{ name: 'renewed' }],
      date: created,
      format: 'object',
    });
    const message = await createCleartextMessage({ text });
    const bytes = Buffer.from(await sign({ message, signingKeys: privateKey, date: signed }));
    const renewed = await reformatKey({
      privateKey,
      userIDs: [{ name: 'renewed' }],
      date: new Date('2024-09-01T00:00:00Z'),
      keyExpirationTime: 6 * 365 * day,
      format: 'object',
    });
    const ring = await readKeyring([{ name: 'renewed', bytes: renewed.publicKey.write() }]);
    const later = { ...options, keyring: ring, now: new Date('2025-01-01T00:00:00Z') };
    expect(await verifyInRelease(bytes, later)).toMatchObject({ text: expect.stringContaining('Test') });
    const years = { ...options, keyring: ring, now: new Date('2040-01-01T00:00:00Z') };
    await expect(verifyInRelease(bytes, years)).rejects.toThrow(/./);
    expect(await verifyInRelease(bytes, { ...years, locked: true })).toMatchObject({
      signer: expect.any(String),
    });
  });

  it('says that the clock is behind, which is no matter for the file that the lock names', async () => {
    const bytes = await key.clearSign(text, signed);
    const before = { ...options, keyring, now: new Date('2022-01-01T00:00:00Z') };
    await expect(verifyInRelease(bytes, before)).rejects.toThrow(failing('APT_RELEASE_FUTURE'));
    expect(await verifyInRelease(bytes, { ...before, locked: true })).toMatchObject({
      signer: key.fingerprint,
    });
    const seconds = { ...options, keyring, now: new Date(signed.getTime() - 5000) };
    expect(await verifyInRelease(bytes, seconds)).toMatchObject({ signer: key.fingerprint });
  });

  it('refuses a revoked key, locked or not', async () => {
    const { privateKey, revocationCertificate } = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: [{ name: 'revoked' }],
      date: created,
      format: 'object',
    });
    const message = await createCleartextMessage({ text });
    const bytes = Buffer.from(await sign({ message, signingKeys: privateKey, date: signed }));
    const { publicKey } = await revokeKey({ key: privateKey, revocationCertificate, format: 'object' });
    const ring = await readKeyring([{ name: 'revoked', bytes: publicKey.write() }]);
    for (const locked of [false, true])
      await expect(verifyInRelease(bytes, { ...options, keyring: ring, now, locked })).rejects.toThrow(
        expect.objectContaining({ exit: 4 }),
      );
  });
});

describe('verifyDetached', () => {
  it('verifies a Release by the signature beside it', async () => {
    const signature = await key.detachedSign(text, signed);
    const all = { ...options, keyring, now };
    expect(await verifyDetached(Buffer.from(text), signature, all)).toEqual({
      text,
      signer: key.fingerprint,
    });
    await expect(verifyDetached(Buffer.from(`${text} `), signature, all)).rejects.toThrow(
      failing('APT_SIGNATURE_BAD'),
    );
    await expect(verifyDetached(Buffer.from(text), Buffer.from('<html>'), all)).rejects.toThrow(
      failing('APT_SIGNATURE_BAD'),
    );
  });
});

describe('checkReleaseTime', () => {
  const release = parseRelease(
    'Date: Sat, 01 Jun 2024 12:00:00 UTC\nValid-Until: Sat, 08 Jun 2024 12:00:00 UTC\nSHA256:\n',
    'test',
  );

  it.each([
    ['2024-06-08T12:00:01Z', 'APT_RELEASE_EXPIRED'],
    ['2024-06-01T11:59:00Z', 'APT_RELEASE_FUTURE'],
  ])('at %s says %s, unless the lock names the file', (time, code) => {
    const at = { now: new Date(time), origin: 'test' };
    expect(() => checkReleaseTime(release, at)).toThrow(failing(code));
    expect(() => checkReleaseTime(release, { ...at, locked: true })).not.toThrow();
  });

  it('is content between its dates, and with a clock some seconds behind', () => {
    expect(() => checkReleaseTime(release, { now, origin: 'test' })).not.toThrow();
    expect(() =>
      checkReleaseTime(release, { now: new Date('2024-06-01T11:59:55Z'), origin: 'test' }),
    ).not.toThrow();
  });
});
