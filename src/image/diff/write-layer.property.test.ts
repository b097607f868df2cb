import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canBeRoot, snapshot, temporaryDirectory } from '../filesystem/testing.ts';
import { tarFile, tarNode } from '../tar/testing.ts';
import { sourceDate, Workbench, written } from './testing.ts';

const isRoot = canBeRoot('properties of layers');
const mtime = sourceDate - 1000;
const base = [
  tarNode('directory', 'a', { mtime }),
  tarFile('a/a', 'aa', { mtime }),
  tarFile('a/b', 'ab', { mtime, mode: 0o755 }),
  tarNode('directory', 'a/c', { mtime }),
  tarFile('a/c/a', 'aca', { mtime }),
  tarNode('link', 'a/c/b', { target: 'a/b' }),
  tarNode('directory', 'b', { mtime, mode: 0o1777 }),
  tarFile('b/a', 'ba', { mtime }),
  tarNode('symlink', 'c', { target: 'a', mtime }),
];

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map(names => `./${names.join('/')}`);
const operation = fc.oneof(
  path.map(p => `echo ${p} > ${p}`),
  path.map(p => `true >> ${p}`),
  path.map(p => `rm -rf ${p}`),
  path.map(p => `mkdir -p ${p}`),
  path.map(p => `rm -rf ${p}; mkdir -p ${p}`),
  path.map(p => `chmod g+w ${p}`),
  path.map(p => `touch ${p}`),
  path.map(p => `chown -h 7 ${p}`),
  path.map(p => `setfattr -h -n user.x -v y ${p}`),
  path.map(p => `mkfifo ${p}`),
  fc.tuple(path, path).map(([p, q]) => `mv ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `ln -sfn ${p} ${q}`),
  fc.tuple(path, path).map(([p, q]) => `cp -a ${p} ${q}`),
);

/** Everything but times of directories: a view cannot tell whether one without other changes is in a layer. */
const listing = String.raw`find . -type d -printf '%p %y %m %U:%G\n' -o -printf '%p %y %m %U:%G %s %T@ %l\n' | sort; find . -type f | sort | xargs -r md5sum; getfattr -R -h -P -d . | grep -v '^$' | sort`;

test.skipIf(!isRoot)(
  'whatever a step does: the layer shows what the step left, extracting gives the same directory, writing again the same layer',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 8 }), async operations => {
        using dir = temporaryDirectory();
        const bench = new Workbench(dir.path);
        const lower = await bench.layer('lower', base);
        // New files get an old time, so that clamping changes nothing that the views could tell apart.
        const script = `{ ${operations.join('\n')}\nfind . -newermt @${sourceDate} -exec touch -h -d @${sourceDate} {} +; } 2>/dev/null; true`;
        const upper = bench.step([lower], script);
        const left = bench.view([upper, lower], listing);
        const first = await written({ upper, lower });
        await bench.extract('again', first.archive);
        const again = bench.at('again');
        expect(bench.view([again, lower], listing)).toBe(left);
        expect(await snapshot(again)).toEqual(await snapshot(upper));
        expect((await written({ upper: again, lower })).diffId).toBe(first.diffId);
      }),
      { numRuns: 25 },
    );
  },
);
