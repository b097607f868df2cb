import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { errnoOf, stepError } from '../core/index.ts';

/** Linux gives up after 40 symbolic links as well: path_resolution(7). */
const linkLimit = 40;

/**
 * Resolves a path as the image would see it: `root` is where its file system is mounted, symbolic links (absolute
 * ones too) and `..` stay inside. What does not exist is kept as written, so that it can be created.
 * @returns the path inside the root, absolute, without symbolic links: append it to `root` to reach the file.
 * @throws HoldfastError SANDBOX_PATH_LOOP (exit 6)
 */
export function resolveInRoot(
  root: string,
  path: string,
  options: { readonly followLast?: boolean } = {},
): string {
  const linkAt = (at: string) =>
    lstatOf(root + at)?.isSymbolicLink() === true ? readlinkSync(root + at) : undefined;
  return resolveLinks(linkAt, path, options);
}

/**
 * The same for files that are no directory of the machine.
 * @param linkAt where the link at a path leads, which is absolute and has none before its last part; nothing where none is.
 */
export function resolveLinks(
  linkAt: (path: string) => string | undefined,
  path: string,
  options: { readonly followLast?: boolean } = {},
): string {
  const followLast = options.followLast ?? true;
  const pending = path.split('/').toReversed();
  const resolved: string[] = [];
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved.pop();
      continue;
    }
    const isLast = pending.every(rest => rest === '' || rest === '.');
    const target = isLast && !followLast ? undefined : linkAt(`/${[...resolved, name].join('/')}`);
    if (target !== undefined) {
      links += 1;
      if (links > linkLimit) throw tooManyLinks(path);
      if (target.startsWith('/')) resolved.length = 0;
      pending.push(...target.split('/').toReversed());
    } else {
      resolved.push(name);
    }
  }
  return `/${resolved.join('/')}`;
}

/** `lstat`, or undefined where there is no such file. */
export function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw thrown;
  }
}

function tooManyLinks(path: string): Error {
  return stepError('SANDBOX_PATH_LOOP', `too many symbolic links in ${path}`, {
    next: 'Look for a symbolic link in the image that points at itself.',
  });
}
