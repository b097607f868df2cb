/** What dpkg says is installed (dpkg(1), "Package states"). */

import { integrityError } from '../../core/index.ts';
import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { stanzas, words } from './deb822.ts';

const status = 'var/lib/dpkg/status';
/** Images without dpkg keep one file a package here, mostly without a Status: what is named is there. */
const statusDirectory = 'var/lib/dpkg/status.d';

/** States whose package is unpacked and configured; triggers that have yet to run change nothing about that. */
const installedStates = new Set(['installed', 'triggers-awaited', 'triggers-pending']);

/**
 * @throws HoldfastError APT_STATUS_MALFORMED (exit 4): what cannot be read may hide a package
 */
export function installedPackages(root: RootFiles): InstalledPackage[] {
  const parts = root
    .list(statusDirectory)
    .filter(name => !name.endsWith('.md5sums'))
    .map(name => `${statusDirectory}/${name}`);
  return [...packagesIn(root, status, false), ...parts.flatMap(path => packagesIn(root, path, true))];
}

function packagesIn(root: RootFiles, from: string, isThereUnlessSaid: boolean): InstalledPackage[] {
  const text = root.read(from)?.toString('utf8') ?? '';
  const malformed = (line: number, reason: string) =>
    integrityError('APT_STATUS_MALFORMED', `${from}, line ${line}: ${reason}`, {
      next: 'Find the step that writes this file other than by dpkg.',
    });
  const found: InstalledPackage[] = [];
  for (const stanza of stanzas(text, malformed)) {
    // `hold ok installed` is installed as well: the first word is what somebody wants, the last what is.
    const state = words(stanza.get('Status')).at(2);
    if (state === undefined ? !isThereUnlessSaid : !installedStates.has(state)) continue;
    const name = stanza.get('Package');
    const version = stanza.get('Version');
    if (!name || !version) throw malformed(stanza.line, 'an installed package without a name or a version');
    const source = sourceOf(stanza.get('Source'), version);
    found.push({ name, version, architecture: stanza.get('Architecture'), ...(source && { source }), from });
  }
  return found;
}

/** `name`, or `name (version)` where the source's version is another (Debian Policy 5.6.1). */
export function sourceOf(field: string | undefined, version: string): InstalledPackage['source'] {
  const [, name, own] = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(field ?? '') ?? [];
  return name === undefined ? undefined : { name, version: own ?? version };
}
