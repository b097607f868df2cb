import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { formatReference, type Reference } from '../reference.ts';
import { inParallel } from '../transfer.ts';
import { defaultTag } from '../transports/layout-names.ts';
import { block, headerOf } from '../transports/tar.ts';
import { dockerArchive, layoutArchive, type ArchiveMember } from './archive-members.ts';
import { unwritable, writeAll } from './blob-file.ts';
import type { CopyTarget, Supply } from './place.ts';

/** `oci-archive:FILE[:TAG]`, to copy to: an OCI image layout in a tar, whose bytes depend on the image and tag alone. */
export function ociArchiveTarget(file: string, tag = defaultTag): CopyTarget {
  return {
    name: `oci-archive:${file}:${tag}`,
    keepsAttachments: true,
    write: (plan, supply) => writeArchive(file, layoutArchive(plan, tag), supply),
  };
}

/** `docker-archive:FILE[:REFERENCE]`, to copy to: see {@link dockerArchive}. */
export function dockerArchiveTarget(file: string, reference?: Reference): CopyTarget {
  return {
    name: `docker-archive:${file}${reference ? `:${formatReference(reference)}` : ''}`,
    keepsAttachments: false,
    write: (plan, supply) => writeArchive(file, dockerArchive(plan, reference), supply),
  };
}

/**
 * Writes an archive whole or not at all. Every size is known beforehand, so that each member has its place and
 * several are written side by side, nothing twice.
 * @throws HoldfastError COPY_UNWRITABLE (exit 2), and what reading throws
 */
async function writeArchive(path: string, members: readonly ArchiveMember[], supply: Supply): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  let end = 0;
  const placed = members.map(member => {
    const at = end;
    end += block + Math.ceil(member.size / block) * block;
    return { member, at };
  });
  try {
    const file = await open(partial, 'w');
    try {
      // What nobody writes to reads as zeros: the filling up to whole blocks, and the two blocks that end it.
      await file.truncate(end + 2 * block);
      await inParallel(placed, supply.parallel, ({ member, at }) => writeMember(file, member, at, supply));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw unwritable(path, error);
  }
}

async function writeMember(
  file: FileHandle,
  member: ArchiveMember,
  at: number,
  supply: Supply,
): Promise<void> {
  await writeAll(file, headerOf(member), at);
  const { content } = member;
  if (content instanceof Uint8Array) return writeAll(file, content, at + block);
  let position = at + block;
  for await (const chunk of supply.open(content).read(0)) {
    await writeAll(file, chunk, position);
    position += chunk.byteLength;
  }
  supply.done(content, 'copied');
}
