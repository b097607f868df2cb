import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { distributionNamed } from './distribution.ts';

/** Where cpanm leaves a directory for each distribution: in Debian's Perl, and in one built from source. */
const records = ['usr/local/lib/*/perl/*/.meta', 'usr/local/lib/perl5/site_perl/*/*/.meta'];

/** What cpanm installed. The older cpan client leaves no record that has versions. */
export function installedDistributions(root: RootFiles): InstalledPackage[] {
  return records.flatMap(pattern =>
    directoriesAt(root, pattern.split('/')).flatMap(directory =>
      root.directories(directory).flatMap(stem => {
        const from = `${directory}/${stem}/install.json`;
        const named = root.read(from) && distributionNamed(stem);
        return named ? [{ ...named, from }] : [];
      }),
    ),
  );
}

function directoriesAt(root: RootFiles, pattern: readonly string[]): string[] {
  return pattern.reduce<string[]>(
    (above, part) =>
      above.flatMap(directory => {
        const names = part === '*' ? root.directories(directory) : [part];
        return names.map(name => (directory === '' ? name : `${directory}/${name}`));
      }),
    [''],
  );
}
