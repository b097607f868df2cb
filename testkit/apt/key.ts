import {
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  readPrivateKey,
  sign,
  type PrivateKey,
} from 'openpgp';

export interface KeyOptions {
  readonly name?: string;
  /** Must not lie after the first date that is published. */
  readonly created: Date;
  /** Seconds after `created`; without it the key does not expire. */
  readonly lifetime?: number;
}

/** A key that signs an archive. Its kind is one that every gpgv of the last ten years reads. */
export class ArchiveKey {
  readonly fingerprint: string;
  /** The public key as `gpg --export` writes it. */
  readonly gpg: Buffer;
  /** The public key as `gpg --export --armor` writes it. */
  readonly asc: string;
  readonly #key: PrivateKey;

  private constructor(key: PrivateKey) {
    this.#key = key;
    this.fingerprint = key.getFingerprint().toUpperCase();
    this.gpg = Buffer.from(key.toPublic().write());
    this.asc = key.toPublic().armor();
  }

  static async create({ name = 'Test Archive', created, lifetime = 0 }: KeyOptions): Promise<ArchiveKey> {
    const { privateKey } = await generateKey({
      // Not the newer name `curve25519`: that is RFC 9580's form, which GnuPG 2.2 does not know.
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: [{ name, email: 'archive@example.org' }],
      date: created,
      keyExpirationTime: lifetime,
      format: 'armored',
    });
    return new ArchiveKey(await readPrivateKey({ armoredKey: privateKey }));
  }

  /** InRelease: the text clear-signed. */
  async clearSign(text: string, date: Date): Promise<Buffer> {
    const message = await createCleartextMessage({ text });
    return Buffer.from(await sign({ message, signingKeys: this.#key, date, config: signing }));
  }

  /** Release.gpg: an armoured signature that stands beside the text. */
  async detachedSign(text: string, date: Date): Promise<Buffer> {
    const message = await createMessage({ binary: Buffer.from(text) });
    return Buffer.from(
      await sign({ message, signingKeys: this.#key, date, detached: true, config: signing }),
    );
  }
}

/** Two archives made with one key at one date have the same bytes. */
const signing = {
  nonDeterministicSignaturesViaNotation: false,
  preferredHashAlgorithm: enums.hash.sha512,
};
