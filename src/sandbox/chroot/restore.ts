import { chmodSync, lchownSync, lstatSync, lutimesSync, mkdirSync, rmSync } from 'node:fs';
import {
  byBytes,
  factsOf,
  layerXattrs,
  parentOf,
  readXattrs,
  removeXattr,
  within,
  writeXattrs,
  type ByteString,
} from '../../image/index.ts';
import { copyFiles } from './copy-tree.ts';

/** Makes some paths of a tree what they are in another one; for a directory that is itself alone, not what it holds. */
export async function restorePaths(from: string, to: string, paths: Iterable<ByteString>): Promise<void> {
  const [there, here] = [within(from), within(to)];
  const kinds = new Map<ByteString, string | undefined>();
  /** What is at a path of the original; nothing where it leads through a link. */
  const kindOf = (path: ByteString): string | undefined => {
    if (path === '') return 'directory';
    if (!kinds.has(path))
      kinds.set(path, kindOf(parentOf(path)) === 'directory' ? factsOf(there(path))?.type : undefined);
    return kinds.get(path);
  };
  const directories = new Set<ByteString>();
  const files: ByteString[] = [];
  // Parents first, so that what comes after lies in directories and not behind a link of the step's.
  for (const path of [...paths].toSorted(byBytes)) {
    const kind = kindOf(path);
    const held = factsOf(here(path));
    if (kind !== 'directory' || held?.type !== 'directory')
      rmSync(here(path), { recursive: true, force: true });
    if (kindOf(parentOf(path)) === 'directory') directories.add(parentOf(path));
    if (kind === 'directory') {
      if (held?.type !== 'directory') mkdirSync(here(path), 0o700);
      directories.add(path);
    } else if (kind !== undefined) files.push(path);
  }
  await copyFiles(from, to, files);
  await settle(from, to, [...directories].toSorted(byBytes).toReversed());
}

/** Gives directories the owners, modes, attributes and times of others. */
async function settle(from: string, to: string, directories: readonly ByteString[]): Promise<void> {
  const [there, here] = [within(from), within(to)];
  const wanted = await readXattrs(from, directories);
  const held = await readXattrs(to, directories);
  for (const path of directories) {
    const { uid, gid, mode } = lstatSync(there(path));
    lchownSync(here(path), uid, gid);
    chmodSync(here(path), mode & 0o7777);
    const xattrs = layerXattrs(wanted.get(path) ?? new Map());
    for (const name of layerXattrs(held.get(path) ?? new Map()).keys())
      if (!xattrs.has(name)) await removeXattr(to, name, [path]);
    await writeXattrs(to, [{ path, xattrs }]);
  }
  for (const path of directories) {
    const { atimeMs, mtimeMs } = lstatSync(there(path));
    lutimesSync(here(path), atimeMs / 1000, mtimeMs / 1000);
  }
}
