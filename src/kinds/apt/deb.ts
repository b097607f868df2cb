/** A binary package: deb(5). Its files are handed on as a tar stream; laying them out is the image's business. */

import { HoldfastError, hexOf, integrityError } from '../../core/index.ts';
import { arMembers, malformed, type ArMember } from './ar.ts';
import { stanzas, type Stanza } from './deb822.ts';
import { collected, compressionOf, decompressed } from './decompress.ts';
import type { InstalledPackage } from '../kind.ts';
import { sourceOf } from './installed.ts';
import { parsePackages, type PackageFile, type PackageRecord } from './packages.ts';

export interface DebPackage {
  /** The fields of the `control` file. */
  readonly control: Stanza;
  /** The control archive, plain tar: `control`, maintainer scripts, conffiles, md5sums, … */
  readonly controlTar: Buffer;
  /**
   * The package's files, plain tar, as they come. Read it to its end: only then is it known that the file is whole.
   * The source stays open until it is, or until a loop over it is left.
   * @throws HoldfastError (exit 4) APT_DEB_TRUNCATED, APT_DEB_MALFORMED while it is read
   */
  readonly dataTar: AsyncIterable<Uint8Array>;
}

/** Control archives are some kilobytes; one of this size is an attack. */
const controlLimit = 64 * 1024 * 1024;

/**
 * Reads as far as the package's files begin.
 * @param origin what to call the package in an error.
 * @throws HoldfastError (exit 4) APT_DEB_MALFORMED, APT_DEB_TRUNCATED, APT_DEB_COMPRESSION for bzip2 and lzma
 */
export async function readDeb(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  origin: string,
): Promise<DebPackage> {
  const members = arMembers(source instanceof Uint8Array ? one(source) : source, origin);
  try {
    await checkFormat(await nextMember(members, origin), origin);
    const controlTar = await controlArchive(await nextMember(members, origin), origin);
    const control = controlStanza(controlTar, origin);
    const data = await nextMember(members, origin);
    if (!data.name.startsWith('data.tar'))
      throw malformed(origin, `${data.name} stands where data.tar must be`);
    return { control, controlTar, dataTar: dataArchive(members, data, origin) };
  } catch (error) {
    await members.return(undefined);
    throw error;
  }
}

async function nextMember(members: AsyncGenerator<ArMember>, origin: string): Promise<ArMember> {
  for (;;) {
    const next = await members.next();
    if (next.done === true) throw malformed(origin, 'a part of it is missing');
    // deb(5): a member whose name starts with an underscore may stand anywhere and is to be ignored.
    if (!next.value.name.startsWith('_')) return next.value;
  }
}

async function checkFormat(member: ArMember, origin: string): Promise<void> {
  const version = (await collected(member.content, 1024)).toString('latin1');
  if (member.name !== 'debian-binary' || !/^2\.\d+\n/.test(version))
    throw malformed(origin, 'it is not of format version 2');
}

async function controlArchive(member: ArMember, origin: string): Promise<Buffer> {
  if (!member.name.startsWith('control.tar'))
    throw malformed(origin, `${member.name} stands where control.tar must be`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of plain(member, origin)) {
    size += piece.byteLength;
    if (size > controlLimit) throw malformed(origin, 'its control archive is far too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function* dataArchive(
  members: AsyncGenerator<ArMember>,
  member: ArMember,
  origin: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* plain(member, origin);
    // What follows the last member read must still be a whole archive, or the file was cut short.
    while ((await members.next()).done !== true);
  } finally {
    await members.return(undefined);
  }
}

async function* plain(member: ArMember, origin: string): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(member.name);
  if (compression === undefined) {
    throw integrityError(
      'APT_DEB_COMPRESSION',
      `${origin} holds ${member.name}, whose compression is not supported`,
      {
        next: 'Packages of this age are repacked by "dpkg-deb --raw-extract" and "dpkg-deb --build -Zxz".',
      },
    );
  }
  try {
    yield* decompressed(member.content, compression);
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw malformed(origin, `${member.name} does not decompress`, error);
  }
}

/** The regular file `control` of the control archive; only that one is needed, so this reads no more of tar than it must. */
function controlStanza(tar: Buffer, origin: string): Stanza {
  for (let at = 0; at + 512 <= tar.byteLength; ) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    if (name === '') break;
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name.replace(/^\.\//, '') === 'control') {
      const text = tar.toString('utf8', at + 512, at + 512 + size);
      const [stanza] = stanzas(text, (line, reason) => malformed(origin, `control, line ${line}: ${reason}`));
      if (stanza?.get('Package') !== undefined) return stanza;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw malformed(origin, 'its control archive has no control file');
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
}

/**
 * A package as an index would list it, by its own control file.
 * @throws as readDeb
 */
export async function recordOfDeb(
  bytes: Uint8Array,
  { path, size, digest }: PackageFile,
): Promise<PackageRecord> {
  const { control } = await readDeb(bytes, path);
  const fields = control.names.map(name => `${name}: ${(control.get(name) ?? '').replaceAll('\n', '\n ')}`);
  const place = [`Filename: ${path}`, `Size: ${size}`, `SHA256: ${hexOf(digest)}`];
  const [record] = parsePackages(Buffer.from([...fields, ...place, ''].join('\n')), path);
  if (record === undefined) throw malformed(path, 'its control file names no package');
  return record;
}

/** What a package was built from, as its control file says. @throws as readDeb */
export async function debSource(source: AsyncIterable<Uint8Array>): Promise<InstalledPackage['source']> {
  const { control, dataTar } = await readDeb(source, 'a package of the lock');
  await dataTar[Symbol.asyncIterator]().return?.();
  return sourceOf(control.get('Source'), control.get('Version') ?? '');
}
