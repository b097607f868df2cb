import type { Case } from '../case.ts';
import { add } from './add.ts';
import { copyFrom } from './copy-from.ts';
import { copyTarget } from './copy-target.ts';
import { copy } from './copy.ts';
import { ignore } from './ignore.ts';

/** All cases, by what they are about, which names the file of their goldens. */
export const topics: Readonly<Record<string, readonly Case[]>> = {
  add,
  copy,
  'copy-from': copyFrom,
  'copy-target': copyTarget,
  ignore,
};

export const cases: readonly Case[] = Object.values(topics).flat();
