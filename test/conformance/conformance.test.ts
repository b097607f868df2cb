// Cases built here and held against what BuildKit and buildah made of them; docs/conformance.md tells of it.
import { execFile, spawnSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { idsOf, testUser } from '../program.ts';
import { temporaryDirectory } from '../support-registry.ts';
import type { LayersAndOutcome } from './case.ts';
import { cases, topics } from './cases/index.ts';
import { expected } from './compare.ts';
import { readGoldens } from './golden.ts';

type Outcomes = Readonly<Record<string, LayersAndOutcome>>;

/** @param through a command line that starts another one. @param args as build-cases.ts has them. */
async function build(
  args: readonly string[],
  topicNames: readonly string[],
  through: readonly string[] = [],
) {
  const { path, remove } = await temporaryDirectory();
  try {
    await chmod(path, 0o777);
    const program = join(import.meta.dirname, 'build-cases.ts');
    const [file = '', ...rest] = [...through, process.execPath, program, ...args, path, ...topicNames];
    const { stdout } = await promisify(execFile)(file, rest, { maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout) as Outcomes;
  } finally {
    await remove();
  }
}

let outcomes: Outcomes = {};
beforeAll(async () => {
  outcomes = await build([], []);
}, 600_000);

const heavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!heavy) console.log('skipped: all cases in each sandbox; HOLDFAST_TEST_HEAVY=1 tries them');

test('each case has a name of its own', () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
});

for (const [topic, list] of Object.entries(topics)) {
  const goldens = readGoldens(topic);
  test.each(list.map(one => [one.name, one] as const))(`${topic}: %s`, (name, one) => {
    const { layers: _, ...outcome } = outcomes[name] ?? { fails: 'it was not built' };
    expect(outcome).toEqual(expected(one, goldens[name]));
  });
  test(`${topic}: there is a case for each golden`, () => {
    const names = new Set(list.map(({ name }) => name));
    expect(Object.keys(goldens).filter(name => !names.has(name))).toEqual([]);
  });
}

/** Where a step looks at what one of the sandboxes does not have. */
const ofNamespaces = [
  'several in one command, by number too', // /proc/self
  'the size of what is in memory', // a mount of its own
  'the name that BuildKit’s argument asks for', // a name of its own
];

/** Cases that are other ones with a line more. */
const longerIsOther = [
  'the Dockerfile is one of the files',
  'the Dockerfile has one of its own',
  'ENV: many lines, and the file ends within',
];

const user = testUser();
const canRead = (name: string) =>
  spawnSync('setpriv', [...idsOf(name), '--', process.execPath, '--check', import.meta.filename]).status ===
  0;

interface OtherRun {
  readonly how: string;
  readonly args: readonly string[];
  /** Topics that are tried always. */
  readonly some: readonly string[];
  /** Cases that must be other. */
  readonly but: readonly string[];
  readonly through?: readonly string[];
}

test.each<OtherRun>([
  { how: 'with chroot alone', args: ['--isolation', 'chroot'], some: ['kaniko'], but: ofNamespaces },
  // A COPY that is the last thing that touches files is packed from where the files lie, any other is copied first.
  {
    how: 'with a step after it that changes nothing',
    args: ['--line', 'WORKDIR /'],
    some: ['copy', 'kaniko'],
    but: longerIsOther,
  },
  ...(user !== undefined && canRead(user)
    ? [
        {
          how: 'in namespaces of a normal user',
          args: [],
          some: ['kaniko'],
          but: [],
          through: ['setpriv', ...idsOf(user), '--'],
        },
      ]
    : []),
])('the same layers $how', async ({ args, some, but, through }) => {
  const chosen = heavy ? Object.keys(topics) : some;
  const others = await build(args, chosen, through);
  const compared = chosen
    .flatMap(topic => topics[topic] ?? [])
    .map(({ name }) => name)
    .filter(name => !but.includes(name));
  const facts = (of: Outcomes) => compared.map(name => [name, of[name]?.layers ?? of[name]]);
  expect(facts(others)).toEqual(facts(outcomes));
});
