import type { InstalledPackage } from '../kind.ts';
import type { RootFiles } from '../root-files.ts';
import { gemNamed, splitFullName } from './gem-name.ts';

/** GEM_HOME of Debian's Ruby, of the Ruby images, and of Ruby built from source; `*` is Ruby's version. */
const homes = [
  ['var/lib/gems', '*'],
  ['usr/local/bundle'],
  ['usr/local/bundle/ruby', '*'],
  ['usr/local/lib/ruby/gems', '*'],
] as const;

const suffix = '.gemspec';

/** The gems that have a specification there. `specifications/default` is left out: those gems are Ruby's own. */
export function installedGems(root: RootFiles): readonly InstalledPackage[] {
  const directories = homes.flatMap(([home, below]) =>
    below === undefined ? [home] : root.directories(home).map(version => `${home}/${version}`),
  );
  return directories.flatMap(directory =>
    root
      .list(`${directory}/specifications`)
      .filter(file => file.endsWith(suffix))
      .flatMap(file => installedGem(root, `${directory}/specifications/${file}`)),
  );
}

/** RubyGems writes what the file's name leaves open into a comment: `# stub: name version platform directories`. */
function installedGem(root: RootFiles, from: string): InstalledPackage[] {
  const head = root.read(from)?.toString('utf8', 0, 1000) ?? '';
  const [, name = '', version = '', on] = /^# stub: (\S+) (\S+) (\S+) /m.exec(head) ?? [];
  const file = from.slice(from.lastIndexOf('/') + 1, -suffix.length);
  const gem = gemNamed(name, version, on) ?? splitFullName(file);
  if (gem === undefined) return [];
  const architecture = gem.platform === undefined ? {} : { architecture: gem.platform };
  return [{ name: gem.name, version: gem.version, ...architecture, from }];
}
