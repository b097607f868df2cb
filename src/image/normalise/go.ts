import { gone } from './outcomes.ts';
import type { Rule } from './rules.ts';

export const goRules: readonly Rule[] = [
  {
    id: 'go-build-cache',
    what: "Go's cache of compiled packages is removed",
    why: 'its entries hold the time at which they were made; Go makes them again',
    paths: /(?:^|\/)\.cache\/go-build$/,
    apply: () => gone,
  },
];
