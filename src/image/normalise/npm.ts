import { gone } from './outcomes.ts';
import type { Rule } from './rules.ts';

export const npmRules: readonly Rule[] = [
  {
    id: 'npm-cache',
    what: "npm's logs, its download cache and the time of its last look for updates are removed",
    why: 'they are named after the time or hold it; npm makes them again',
    paths: /(?:^|\/)\.npm\/(?:_logs|_cacache|_update-notifier-last-checked)$/,
    apply: () => gone,
  },
  {
    id: 'node-compile-cache',
    what: "Node.js's cache of compiled code in the temporary directory is removed",
    why: 'it holds times and the state of the compiler; Node.js makes it again',
    paths: /^(?:var\/)?tmp\/node-compile-cache$/,
    apply: () => gone,
  },
];
