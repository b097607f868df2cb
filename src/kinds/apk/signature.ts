import { createPublicKey, verify } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { integrityError } from '../../core/index.ts';

const largestSignature = 64 * 1024;

/**
 * Checks that a signed tar archive of apk's (apk-v2(5)) is signed by a key of a system: the first gzip stream holds
 * `.SIGN.RSA.<key>` over all that follows it.
 * @param root the directory that holds `etc/apk/keys`
 * @throws HoldfastError APK_UNSIGNED, APK_KEY_MISSING, APK_SIGNATURE_BAD (exit 4)
 */
export async function verifyIndex(bytes: Buffer, root: string, origin: string): Promise<void> {
  const stream = firstStream(bytes);
  const signature = stream && signatureIn(stream.plain);
  if (stream === undefined || signature === undefined)
    throw integrityError('APK_UNSIGNED', `${origin} is not signed`, {
      next: 'Use a repository that signs its index.',
    });
  const directory = join(root, 'etc/apk/keys');
  const names = await readdir(directory).catch((): string[] => []);
  const key = names.includes(signature.key)
    ? await readFile(join(directory, signature.key)).catch(() => undefined)
    : undefined;
  if (key === undefined)
    throw integrityError(
      'APK_KEY_MISSING',
      `${origin} is signed by ${signature.key}, which the image does not have`,
      {
        next: 'Move the base image: newer ones have newer keys.',
      },
    );
  const isGood = verify(
    signature.algorithm,
    bytes.subarray(stream.end),
    createPublicKey(key),
    signature.bytes,
  );
  if (!isGood)
    throw integrityError('APK_SIGNATURE_BAD', `${origin} is not what ${signature.key} signed`, {
      next: 'The mirror is being updated or is damaged: try again, or use another one.',
    });
}

interface Stream {
  readonly plain: Buffer;
  /** Where the next stream begins. */
  readonly end: number;
}

/** RFC 1952: a header without extras, as apk-tools writes it, deflate, and eight bytes of check. */
function firstStream(bytes: Buffer): Stream | undefined {
  const hasExtras = ((bytes[3] ?? 0) & 0x1e) !== 0;
  if (bytes.length < 18 || bytes.readUInt16BE(0) !== 0x1f_8b || hasExtras) return undefined;
  try {
    const { buffer, engine } = inflateRawSync(bytes.subarray(10), {
      info: true,
      maxOutputLength: largestSignature,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { plain: buffer, end: 10 + engine.bytesWritten + 8 };
  } catch {
    return undefined;
  }
}

function signatureIn(tar: Buffer) {
  const name = /^[^\0]*/.exec(tar.toString('latin1', 0, 100))?.[0] ?? '';
  const [, algorithm, key] = /^\.SIGN\.(RSA|RSA256)\.([\w.@-]+)$/.exec(name) ?? [];
  const size = Number.parseInt(tar.toString('latin1', 124, 136), 8);
  if (key === undefined || !Number.isSafeInteger(size) || 512 + size > tar.length) return undefined;
  return { key, algorithm: algorithm === 'RSA256' ? 'sha256' : 'sha1', bytes: tar.subarray(512, 512 + size) };
}
