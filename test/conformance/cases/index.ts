import type { Case } from '../case.ts';
import { add } from './add.ts';
import { config } from './config.ts';
import { copyFrom } from './copy-from.ts';
import { copyTarget } from './copy-target.ts';
import { copy } from './copy.ts';
import { environment } from './env.ts';
import { heredoc } from './heredoc.ts';
import { history } from './history.ts';
import { ignore } from './ignore.ts';
import { kaniko } from './kaniko.ts';
import { mounts } from './mounts.ts';
import { select } from './select.ts';
import { stages } from './stages.ts';

/** All cases, by what they are about, which names the file of their goldens. */
export const topics: Readonly<Record<string, readonly Case[]>> = {
  add,
  config,
  copy,
  'copy-from': copyFrom,
  'copy-target': copyTarget,
  env: environment,
  heredoc,
  history,
  ignore,
  kaniko,
  mounts,
  select,
  stages,
};

export const cases: readonly Case[] = Object.values(topics).flat();
