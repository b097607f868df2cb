import type { RootFiles } from '../root-files.ts';

/** Where node_modules lies of programs that are installed for all, whatever else is searched. */
const globalPlaces = ['usr/local/lib', 'usr/lib', 'usr/local/share/.config/yarn/global', ''];

/** Below these nothing is searched: they hold no project, or too much else. `usr` and `var` have places of their own. */
const systemDirectories = new Set(
  'bin boot dev etc lib lib32 lib64 libx32 media mnt proc run sbin sys tmp usr var'.split(' '),
);
const searchedInSystem = [
  'usr/src',
  'usr/local/src',
  'usr/local/share',
  'usr/share/nginx',
  'var/www',
  'var/task',
];

/** Caches and repositories: many directories, and none that a program is run from. */
const passedOver = new Set([
  '.cache',
  '.git',
  '.npm',
  '.pnpm-store',
  '__pycache__',
  'site-packages',
  '_cacache',
]);

/** Levels below a top-level directory: that of `root/.nvm/versions/node/v24.0.0/lib`. */
const depthLimit = 6;
/** Directories that are looked into; the nearest to the root come first. */
const countLimit = 30_000;

/** The node_modules directories that lie in no other, in the places where images have programs. */
export function nodeModulesDirectories(root: RootFiles): readonly string[] {
  const found = new Set(globalPlaces.filter(place => hasNodeModules(root, place)));
  const tops = root.directories('').filter(name => !systemDirectories.has(name));
  let level = [...tops, ...searchedInSystem];
  let count = 0;
  for (let depth = 0; depth <= depthLimit; depth++) {
    const next: string[] = [];
    for (const directory of level) {
      if (count++ >= countLimit) return located(found);
      for (const name of root.directories(directory)) {
        if (name === 'node_modules') found.add(directory);
        else if (!passedOver.has(name)) next.push(`${directory}/${name}`);
      }
    }
    level = next;
  }
  return located(found);
}

function hasNodeModules(root: RootFiles, directory: string): boolean {
  return root.directories(directory).includes('node_modules');
}

function located(directories: ReadonlySet<string>): string[] {
  return [...directories]
    .map(directory => (directory === '' ? 'node_modules' : `${directory}/node_modules`))
    .toSorted();
}
