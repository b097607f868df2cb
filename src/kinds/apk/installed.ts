import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { packageRecords } from './records.ts';

/** Where apk keeps what is installed; the second on systems whose `/lib` is merged into `/usr`. */
const databases = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** Every package of apk's database but the virtual ones. */
export function installedPackages(root: RootFiles): InstalledPackage[] {
  for (const from of databases) {
    const content = root.read(from);
    if (content === undefined) continue;
    return [...packageRecords(content.toString())]
      .filter(({ virtual }) => !virtual)
      .map(({ name, version, architecture, origin }) => ({
        name,
        version,
        architecture,
        ...(origin !== undefined && { source: { name: origin, version } }),
        from,
      }));
  }
  return [];
}
