import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ImageFacts, Outcome } from './case.ts';

/** What other builders made of a case. */
export type Golden = {
  /** Whose result it is, with the version. */
  readonly by: string;
  /** Who came to the same. */
  readonly agrees?: readonly string[];
  /** Who did not, and where; that they are of another mind is no judgement. */
  readonly differs?: Readonly<Record<string, readonly string[]>>;
} & Outcome;

const directory = join(import.meta.dirname, 'goldens');

export function readGoldens(topic: string): Record<string, Golden> {
  return JSON.parse(readFileSync(join(directory, `${topic}.json`), 'utf8')) as Record<string, Golden>;
}

export function writeGoldens(topic: string, goldens: Readonly<Record<string, Golden>>): void {
  writeFileSync(join(directory, `${topic}.json`), `${JSON.stringify(goldens, undefined, 2)}\n`);
}

/** Where two outcomes differ: paths as `/path`, and names of the configuration. */
export function differences(one: Outcome, other: Outcome): string[] {
  if ('fails' in one || 'fails' in other)
    return 'fails' in one === 'fails' in other ? [] : ['whether it fails'];
  const tree = keysThatDiffer(one.tree, other.tree).map(path => `/${path}`);
  const history = isDeepStrictEqual(one.history, other.history) ? [] : ['history'];
  return [...tree, ...keysThatDiffer(one.config, other.config), ...history];
}

function keysThatDiffer(one: ImageFacts['config'], other: ImageFacts['config']): string[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted();
  return keys.filter(key => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}
