import { emptied } from './outcomes.ts';
import type { Rule } from './rules.ts';

/** What apk leaves behind: from version 3 on a log. Its database has the dates of the packages themselves. */
export const apkRules: readonly Rule[] = [
  {
    id: 'apk-log',
    what: 'the log of apk is emptied',
    why: 'it holds the time of each action; the file stays, with owner and mode, for what rotates or follows it',
    paths: /^var\/log\/apk\.log$/,
    apply: emptied,
  },
];
