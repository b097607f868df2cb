import { usageError } from '../../core/index.ts';
import { bytesOf, byteString, within, type ByteString } from './byte-string.ts';
import { runTool } from './tool.ts';

/** Extended attributes of one file; names are byte strings. */
export type Xattrs = ReadonlyMap<string, Buffer>;
export const noXattrs: Xattrs = new Map();

const readOptions = ['-h', '-P', '-d', '-m', '-', '-e', 'hex', '--absolute-names'];

/**
 * The extended attributes of everything below `root` and of `root` itself (the empty path), without following
 * symbolic links. Node has no call for them; getfattr reads 35,000 files in a quarter of a second.
 * @throws HoldfastError IMAGE_TOOL_MISSING, XATTR_UNREADABLE (exit 2)
 */
export async function readTreeXattrs(root: string): Promise<Map<ByteString, Xattrs>> {
  return parse(root, await read('getfattr', ['-R', ...readOptions, '--', root]));
}

/** The extended attributes of some paths below `root`; all must exist. */
export async function readXattrs(
  root: string,
  paths: readonly ByteString[],
): Promise<Map<ByteString, Xattrs>> {
  if (paths.length === 0) return new Map();
  const list = nulSeparated(root, paths);
  return parse(root, await read('xargs', ['-0', 'getfattr', ...readOptions, '--'], list));
}

async function read(command: string, args: readonly string[], input?: Buffer): Promise<string> {
  const { status, stdout, stderr } = await runTool(command, args, input);
  if (status === 0) return byteString(stdout);
  throw usageError('XATTR_UNREADABLE', `Extended attributes cannot be read: ${firstLine(stderr)}`, {
    next: 'Install the package "attr" and keep the layers on a file system that has extended attributes.',
  });
}

function parse(root: string, output: ByteString): Map<ByteString, Xattrs> {
  const prefix = byteString(Buffer.from(root.replace(/\/+$/, '')));
  const found = new Map<ByteString, Xattrs>();
  let current = new Map<string, Buffer>();
  for (const line of output.split('\n')) {
    if (line.startsWith('# file: ')) {
      current = new Map();
      const path = unquote(line.slice('# file: '.length)).slice(prefix.length);
      found.set(path.replace(/^\/+/, ''), current);
    } else {
      const value = line.lastIndexOf('=0x');
      if (value > 0) current.set(unquote(line.slice(0, value)), Buffer.from(line.slice(value + 3), 'hex'));
    }
  }
  return found;
}

/** getfattr writes what would break its line format as three octal digits. */
function unquote(text: ByteString): ByteString {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export interface XattrAssignment {
  readonly path: ByteString;
  readonly xattrs: Xattrs;
}

/** A path that did not take an attribute, and the system's reason. */
export interface XattrRefusal {
  readonly path: string;
  readonly reason: string;
}

/**
 * Sets extended attributes of paths below `root`, all in one child. What the system refuses (`trusted.*` within a
 * user namespace, `user.*` of a symbolic link) is returned; the others are set.
 */
export async function writeXattrs(
  root: string,
  assignments: Iterable<XattrAssignment>,
): Promise<XattrRefusal[]> {
  const locate = within(root);
  const lines: string[] = [];
  for (const { path, xattrs } of assignments) {
    if (xattrs.size === 0) continue;
    lines.push(`# file: ${quote(byteString(locate(path)))}`);
    for (const [name, value] of xattrs) lines.push(`${quote(name)}=0x${value.toString('hex')}`);
    lines.push('');
  }
  if (lines.length === 0) return [];
  const { status, stderr } = await runTool(
    'setfattr',
    ['-h', '--restore=-'],
    bytesOf(`${lines.join('\n')}\n`),
  );
  if (status === 0) return [];
  const refusals = stderr.split('\n').flatMap(line => refusalOf(root, line));
  if (refusals.length > 0) return refusals;
  throw usageError('XATTR_UNWRITABLE', `Extended attributes cannot be set: ${firstLine(stderr)}`, {
    next: 'Keep the layers on a file system that has extended attributes.',
  });
}

function refusalOf(root: string, line: string): XattrRefusal[] {
  const found = /^setfattr: (.*): ([^:]*)$/.exec(line);
  if (found === null) return [];
  const [, path = '', reason = ''] = found;
  return [{ path: path.startsWith(root) ? path.slice(root.length).replace(/^\/+/, '') : path, reason }];
}

function quote(text: ByteString): ByteString {
  return text.replace(/[^A-Za-z0-9_./-]/g, character => {
    return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}

/**
 * Gives files the attributes of others that belong into an image. Each pair is a path and the path of its copy, both
 * absolute. What the system refuses is left out, as it would be by cp(1).
 */
export async function copyXattrs(pairs: readonly (readonly [from: string, to: string])[]): Promise<void> {
  const plain = (path: string) => byteString(Buffer.from(path)).replace(/^\/+/, '');
  const found = await readXattrs(
    '/',
    pairs.map(([from]) => plain(from)),
  );
  const assignments = pairs.flatMap(([from, to]) => {
    const xattrs = layerXattrs(found.get(plain(from)) ?? noXattrs);
    return xattrs.size === 0 ? [] : [{ path: plain(to), xattrs }];
  });
  await writeXattrs('/', assignments);
}

/** Removes one attribute, of an ASCII name, from paths below `root`; each must have it. */
export async function removeXattr(root: string, name: string, paths: readonly ByteString[]): Promise<void> {
  if (paths.length === 0) return;
  const args = ['-0', 'setfattr', '-h', '-x', name, '--'];
  const { status, stderr } = await runTool('xargs', args, nulSeparated(root, paths));
  if (status === 0) return;
  throw usageError('XATTR_UNWRITABLE', `The attribute ${name} cannot be removed: ${firstLine(stderr)}`, {
    next: 'Run in the same namespace as the build.',
  });
}

function nulSeparated(root: string, paths: readonly ByteString[]): Buffer {
  const locate = within(root);
  const nul = Buffer.from([0]);
  return Buffer.concat(paths.flatMap(path => [locate(path), nul]));
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/**
 * The attributes that belong into an image: the user's, file capabilities and POSIX ACLs. Labels of the machine that
 * builds (SELinux, IMA, EVM, `trusted.*`) and what overlayfs keeps for itself do not.
 */
export function layerXattrs(xattrs: Xattrs): Xattrs {
  const kept = [...xattrs].filter(([name]) => {
    const belongs = /^(?:user\.|security\.capability$|system\.posix_acl_(?:access|default)$)/.test(name);
    return belongs && !isOverlayXattr(name);
  });
  return new Map(kept);
}

export function sameXattrs(a: Xattrs, b: Xattrs): boolean {
  const [left, right] = [layerXattrs(a), layerXattrs(b)];
  return (
    left.size === right.size && [...left].every(([name, value]) => right.get(name)?.equals(value) === true)
  );
}

/** overlayfs' and fuse-overlayfs' own attributes: they describe how a layer is stored, not what it holds. */
export function isOverlayXattr(name: string): boolean {
  return /^(?:trusted\.overlay|user\.overlay|user\.fuseoverlayfs|user\.containers)\./.test(name);
}

/** The attribute that makes a directory opaque, in the place where overlayfs looks for it. */
export function opaqueXattr(userxattr: boolean): string {
  return userxattr ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
}

/** Whether a directory of a layer hides what the layers below have in it. */
export function isOpaque(xattrs: Xattrs): boolean {
  return [false, true].some(user => xattrs.get(opaqueXattr(user))?.toString() === 'y');
}
