import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  lstatSync,
  readFileSync,
  rmSync,
  writeFileSync,
  symlinkSync,
  renameSync,
  chmodSync,
  linkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changesBetween, nextTick, snapshotOf } from './snapshot.ts';
import { Trees } from './trees.ts';
import { moveChanges } from './upper.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'holdfast-trees-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** What is in a tree: kind, mode, and content or target. */
function contents(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true }) as string[];
  return Object.fromEntries(names.toSorted().map(name => [name, described(join(root, name))]));
}

function described(path: string): string {
  const stat = lstatSync(path);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isDirectory()) return `directory ${mode}`;
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  return `file ${mode} ${readFileSync(path, 'utf8')}`;
}

type Change = readonly [
  kind: 'write' | 'mkdir' | 'remove' | 'link' | 'mode' | 'move' | 'name',
  path: string,
  other: string,
];

const names = fc.constantFrom('a', 'b', 'c');
const path = fc.array(names, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));
const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('write', 'mkdir', 'remove', 'link', 'mode', 'move', 'name'),
  path,
  path,
);

/** What the system refuses, such as a file in a file, does nothing. */
function apply(root: string, [kind, one, other]: Change): void {
  const at = join(root, one);
  const attempt = (run: () => void) => {
    try {
      run();
    } catch {
      return;
    }
  };
  attempt(() => mkdirSync(dirname(at), { recursive: true }));
  attempt(() => {
    switch (kind) {
      case 'write':
        return writeFileSync(at, `${one} ${other}`, {
          flag: lstatSync(at, { throwIfNoEntry: false }) ? 'a' : 'w',
        });
      case 'mkdir':
        return mkdirSync(at);
      case 'remove':
        return rmSync(at, { recursive: true });
      case 'link':
        return symlinkSync('/nowhere', at);
      case 'mode':
        return lstatSync(at).isSymbolicLink()
          ? undefined
          : chmodSync(at, lstatSync(at).isDirectory() ? 0o2750 : 0o4711);
      case 'move':
        return renameSync(at, join(root, other));
      case 'name':
        return linkSync(at, join(root, other));
    }
  });
}

test('a layer of what changed gives, on top of what was below, what was left', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      async steps => {
        run += 1;
        const trees = new Trees(join(scratch, `trees-${run}`));
        let lowers: string[] = [];
        for (const [index, changes] of steps.entries()) {
          const upper = join(scratch, `${run}-${index}`);
          const left = await trees.withView(lowers, view =>
            trees.withRoot(lowers, view, async ({ directory, touched }) => {
              // A root that is used again is what the layers are.
              expect(contents(directory)).toEqual(contents(view));
              const before = snapshotOf(directory);
              await nextTick();
              for (const one of changes) apply(directory, one);
              const found = contents(directory);
              const difference = changesBetween(before, snapshotOf(directory));
              for (const one of [...difference.present, ...difference.gone]) touched.add(one);
              await moveChanges(directory, upper, difference);
              return found;
            }),
          );
          lowers = [upper, ...lowers];
          await trees.withView(lowers, async view => expect(contents(view)).toEqual(left));
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('a view of other layers does not wait for, or disturb, one that is in use', async () => {
  const trees = new Trees(join(scratch, 'trees'));
  const layers = ['one', 'two'].map(name => {
    mkdirSync(join(scratch, name));
    writeFileSync(join(scratch, name, 'file'), name);
    return join(scratch, name);
  }) as [string, string];
  const [one, two] = layers;
  await trees.withView([one], async lower => {
    await trees.withView([two, one], async upper => {
      expect(readFileSync(join(upper, 'file'), 'utf8')).toBe('two');
      expect(readFileSync(join(lower, 'file'), 'utf8')).toBe('one');
    });
    await trees.withView([one], async same => expect(same).toBe(lower));
  });
  // Not in use any more, the lower view is taken up to be the upper one.
  await trees.withView([two, one], async upper => expect(readdirSync(upper)).toEqual(['file']));
});

test('an opaque directory hides what is below', async () => {
  const trees = new Trees(join(scratch, 'trees'));
  const [below, above] = ['below', 'above'].map(name => {
    mkdirSync(join(scratch, name, 'dir'), { recursive: true });
    writeFileSync(join(scratch, name, 'dir', name), '');
    return join(scratch, name);
  }) as [string, string];
  execFileSync('setfattr', ['-n', 'user.overlay.opaque', '-v', 'y', join(above, 'dir')]);
  for (const lowers of [[below], [above, below]]) {
    await trees.withView(lowers, view =>
      trees.withRoot(lowers, view, async ({ directory }) => {
        expect(readdirSync(join(view, 'dir'))).toEqual([lowers.length === 1 ? 'below' : 'above']);
        expect(contents(directory)).toEqual(contents(view));
      }),
    );
  }
});
