import {
  chmodSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  type BigIntStats,
} from 'node:fs';
import {
  byBytes,
  layerXattrs,
  parentOf,
  readXattrs,
  SpecialNodes,
  within,
  writeXattrs,
  type ByteString,
} from '../../image/index.ts';
import type { Changes } from './snapshot.ts';

/**
 * Makes the layer of what was changed in a tree, in overlayfs's form: files are moved into it, what is gone becomes a
 * whiteout.
 * @param upper a directory; made if it is not there. @param whiteouts where the nodes for these may be made.
 */
export async function moveChanges(root: string, upper: string, { present, gone }: Changes): Promise<void> {
  const [from, to] = [within(root), within(upper)];
  const directories = new Map<ByteString, BigIntStats>();
  const files: ByteString[] = [];
  const need = (directory: ByteString): void => {
    if (directories.has(directory)) return;
    if (directory !== '') need(parentOf(directory));
    directories.set(directory, lstatSync(from(directory), { bigint: true }));
  };
  need('');
  for (const path of present.toSorted(byBytes)) {
    if (lstatSync(from(path)).isDirectory()) need(path);
    else {
      need(parentOf(path));
      files.push(path);
    }
  }
  const isGone = new Set(gone);
  // Of a tree that is gone its root alone; nothing where another kind of file took a directory's place.
  const whiteouts = gone.filter(path => {
    const parent = parentOf(path);
    return !isGone.has(parent) && lstatSync(from(parent)).isDirectory();
  });
  for (const path of whiteouts) need(parentOf(path));

  const paths = [...directories.keys()];
  for (const path of paths) mkdirSync(to(path), { recursive: path === '', mode: 0o700 });
  for (const path of files) renameSync(from(path), to(path));
  const nodes = new SpecialNodes(upper);
  try {
    for (const path of whiteouts) nodes.whiteout(to(path));
  } finally {
    nodes.close();
  }
  const settled = [...directories].toReversed();
  for (const [path, { uid, gid, mode }] of settled) {
    lchownSync(to(path), Number(uid), Number(gid));
    chmodSync(to(path), Number(mode) & 0o7777);
  }
  const xattrs = await readXattrs(root, paths);
  await writeXattrs(
    upper,
    [...xattrs].map(([path, found]) => ({ path, xattrs: layerXattrs(found) })),
  );
  // Not mtimeMs: a double has no room for nanoseconds and can round up to the next second.
  for (const [path, { mtimeNs }] of settled) {
    const time = Number(mtimeNs / 1_000_000_000n);
    lutimesSync(to(path), time, time);
  }
}
