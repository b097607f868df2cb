// Cases built here and held against what BuildKit and buildah made of them; docs/conformance.md tells of it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support-registry.ts';
import type { Outcome } from './case.ts';
import { cases, topics } from './cases/index.ts';
import { expected } from './compare.ts';
import { readGoldens } from './golden.ts';

let outcomes: Readonly<Record<string, Outcome>> = {};
let remove = () => Promise.resolve();

beforeAll(async () => {
  const directory = await temporaryDirectory();
  remove = directory.remove;
  const program = join(import.meta.dirname, 'build-cases.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, directory.path], {
    maxBuffer: 64 * 1024 * 1024,
  });
  outcomes = JSON.parse(stdout) as typeof outcomes;
}, 600_000);
afterAll(() => remove());

test('each case has a name of its own', () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
});

for (const [topic, list] of Object.entries(topics)) {
  const goldens = readGoldens(topic);
  test.each(list.map(one => [one.name, one] as const))(`${topic}: %s`, (name, one) => {
    expect(outcomes[name]).toEqual(expected(one, goldens[name]));
  });
  test(`${topic}: there is a case for each golden`, () => {
    const names = new Set(list.map(({ name }) => name));
    expect(Object.keys(goldens).filter(name => !names.has(name))).toEqual([]);
  });
}
