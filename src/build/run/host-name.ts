import { usageError } from '../../core/index.ts';
import type { Project } from '../project.ts';

/**
 * What BuildKit's argument BUILDKIT_SANDBOX_HOSTNAME calls the machine of all steps; nothing where it is not given.
 * @throws HoldfastError HOST_NAME_INVALID (exit 2)
 */
export function requestedHostName({
  arguments: { BUILDKIT_SANDBOX_HOSTNAME: name },
}: Project): string | undefined {
  if (name === undefined || name === '') return undefined;
  // hostname(7), and what may stand in a line of /etc/hosts.
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name) && name.length <= 64) return name;
  throw usageError('HOST_NAME_INVALID', `"${name.slice(0, 80)}" is not the name of a host`, {
    next: 'Give BUILDKIT_SANDBOX_HOSTNAME letters, digits, dots and hyphens, 64 of them at most.',
  });
}
