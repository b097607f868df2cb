import { emptied } from './outcomes.ts';
import type { Rule } from './rules.ts';

export const rubyRules: readonly Rule[] = [
  {
    id: 'gem-logs',
    what: "the logs of compiling gems' extensions are emptied",
    why: 'they hold random names of temporary files; RubyGems does not read them',
    paths: /(?:^|\/)extensions\/[^/]+\/[^/]+\/[^/]+\/(?:gem_make\.out|mkmf\.log)$/,
    apply: emptied,
  },
];
