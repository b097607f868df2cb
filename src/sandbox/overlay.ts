import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type HoldfastError, usageError } from '../core/index.ts';
import { HelperFailed } from './helper/helper.ts';
import { mountOperations, type Mount } from './helper/mount-operations.ts';
import type { Mounter } from './helper/mounter.ts';
import { insideUserNamespace } from './namespaces.ts';

export interface OverlayOptions {
  /** Layer directories, the top one first. */
  readonly lowers: readonly string[];
  /** Where changes go; without it the mount is read-only. Not on another overlay. */
  readonly upper?: string;
  /** An empty directory on the file system of `upper`; needed with it when there are lowers. */
  readonly work?: string;
  /** An existing directory. */
  readonly target: string;
  /** Skip all syncing: for a layer that is thrown away if the machine fails. */
  readonly volatile?: boolean;
}

/** The kernel's OVL_MAX_STACK. */
const largestStack = 500;

/**
 * Mounts layers over each other in this process's mount namespace, `nodev`, so that a device node in an image is
 * inert. Without `upper` read-only.
 * @throws HoldfastError SANDBOX_OVERLAY_FAILED (exit 2)
 */
export async function mountOverlay(options: OverlayOptions, mounter: Mounter): Promise<void> {
  const links = mkdtempSync(join(tmpdir(), 'holdfast-layers-'));
  try {
    const mounts = mountOperations([overlayMount(options, links)]);
    await mounter.run([['directory', links], ...mounts, ['directory', '/']]);
  } catch (error) {
    if (!(error instanceof HelperFailed)) throw error;
    // Of a bind the first half may have been done.
    await mounter.run([['unmount', options.target]]).catch(() => {});
    throw overlayError(options.target, error.message);
  } finally {
    rmSync(links, { recursive: true });
  }
}

/**
 * @throws HoldfastError SANDBOX_UNMOUNT_FAILED (exit 2)
 */
export async function unmount(target: string, mounter: Mounter): Promise<void> {
  try {
    await mounter.run([['unmount', target]]);
  } catch (error) {
    if (!(error instanceof HelperFailed)) throw error;
    throw usageError('SANDBOX_UNMOUNT_FAILED', `cannot unmount ${target}: ${error.message}`, {
      next: 'See which process still has a file open there.',
    });
  }
}

/**
 * Describes the mount of an overlay. Makes symbolic links to the layers in `links` and names only these, relative
 * to it: the options of a mount must fit one page, a digest's path is long, and `:` or `,` in a path would need
 * escaping. So the mount must be made with `links` as working directory.
 * @param prefix of the links' names, to tell the mounts apart that share the directory.
 */
export function overlayMount(options: OverlayOptions, links: string, prefix = ''): Mount {
  const { lowers, upper, work, target } = options;
  const only = lowers.length === 1 && upper === undefined ? lowers[0] : undefined;
  const single = lowers.length === 0 ? upper : only;
  if (single !== undefined) {
    const access = upper === undefined ? ['ro'] : [];
    const bindOptions = ['bind', 'nodev', ...access, ...lockedOptions(single)];
    return { source: single, target, type: 'none', options: bindOptions };
  }
  if (lowers.length === 0) throw overlayError(target, 'there are no layers');
  if (lowers.length > largestStack)
    throw overlayError(target, `${lowers.length} layers are more than Linux takes`);
  const lowerNames = lowers.map((directory, index) => linked(links, `${prefix}${index}`, directory));
  const mountOptions = ['nodev', `lowerdir=${lowerNames.join(':')}`, ...pinnedOptions()];
  if (upper === undefined) mountOptions.push('ro');
  else if (work === undefined) throw overlayError(target, 'an upper directory needs a work directory');
  else {
    mountOptions.push(`upperdir=${linked(links, `${prefix}u`, upper)}`);
    mountOptions.push(`workdir=${linked(links, `${prefix}w`, work)}`);
  }
  if (upper !== undefined && options.volatile) mountOptions.push('volatile');
  return { source: 'overlay', target, type: 'overlay', options: mountOptions };
}

/**
 * In a user namespace a mount may not lose what the one has that it is of (mount_namespaces(7)): a tmpfs, or the file
 * system of users, is often `nosuid`.
 */
function lockedOptions(path: string): string[] {
  if (!insideUserNamespace()) return [];
  const real = `${realpathSync(path)}/`;
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .map(([, , , , point = '', options = '']) => ({
      point: point.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
      options: options.split(','),
    }))
    .filter(({ point }) => point !== '' && real.startsWith(point.endsWith('/') ? point : `${point}/`));
  // Of two at one point the later one covers the other.
  const [nearest] = mounts.toReversed().toSorted((x, y) => y.point.length - x.point.length);
  return (nearest?.options ?? []).filter(option => option === 'nosuid' || option === 'noexec');
}

/**
 * Some kernels are built with these on by default; each would put state into the upper directory that is no part
 * of a layer (renamed directories as references, files without data).
 */
function pinnedOptions(): string[] {
  const pinned = ['redirect_dir=nofollow', 'metacopy=off', 'index=off'];
  // Only the first user namespace may set trusted.*; without it opaque directories would be lost silently.
  return insideUserNamespace() ? [...pinned, 'userxattr'] : pinned;
}

function linked(links: string, name: string, directory: string): string {
  symlinkSync(resolve(directory), join(links, name));
  return name;
}

function overlayError(target: string, cause: string): HoldfastError {
  return usageError('SANDBOX_OVERLAY_FAILED', `cannot mount the layers at ${target}: ${cause}`, {
    next: 'Keep the work directory on a local file system (ext4, xfs, btrfs), not inside a container layer.',
  });
}
