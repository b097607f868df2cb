import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes, the longest first, so that none is left alone at the end. The first one makes the base
 * images that most others share; the two after it make bases of their own, and need not wait for those.
 */
const longest = [
  'test/trust',
  'test/security-base',
  'test/demo',
  'test/installers',
  'test/four-dates',
  'test/go',
  'test/thirty-packages',
  'test/compose',
  'test/run-mounts',
  'test/pin',
  'src/sandbox/step/isolation',
  'src/sandbox/step/security',
  'src/kinds/git/clients',
  'testkit/apt/apt',
  'src/kinds/apt/version',
  'src/share/share',
  'src/registry/copy/broken-connections',
  'src/kinds/pypi/pip',
  'src/image/diff/write-layer.property',
];

const place = ({ moduleId }: TestSpecification) => {
  const at = longest.findIndex(name => moduleId.endsWith(`/${name}.test.ts`));
  return at === -1 ? longest.length : at;
};

/** Vitest's own order, by size, is that of the rest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
