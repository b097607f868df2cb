import { byteString, bytesOf } from '../filesystem/byte-string.ts';
import { gone, same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

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
    what: "Node.js's caches of compiled code in the temporary directory are removed",
    why: 'they hold times and the state of the compiler; Node.js makes them again',
    paths: /^(?:var\/)?tmp\/(?:node-compile-cache|v8-compile-cache-\d+)$/,
    apply: () => gone,
  },
  {
    id: 'pnpm-times',
    what: "in pnpm's state of node_modules, its store and its cache of metadata, times after the source date become the source date; its note of lockfiles that it verified is removed",
    why: 'they say when it last looked; what a later step needs offline stays',
    paths:
      /(?:^|\/)(?:node_modules\/\.modules\.yaml|node_modules\/\.pnpm-workspace-state[^/]*\.json|pnpm\/store\/v\d+\/(?:index|files)\/.+\.json|\.cache\/pnpm\/.+\.jsonl?)$/,
    apply: pnpmTimes,
  },
];

const milliseconds = /("(?:checkedAt|cachedAt|lastValidatedTimestamp)": ?)(\d{13})\b/g;
/** In JSON, and in the YAML of older versions. */
const prunedAt = /^(\s*"?prunedAt"?: "?)(\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)/gm;

function pnpmTimes(file: RuleFile, { sourceDate }: RuleContext): RuleOutcome {
  if (file.type !== 'file') return same;
  // It names the inode of each lockfile.
  if (file.path.endsWith('/lockfile-verified.jsonl')) return gone;
  const bytes = file.read();
  if (bytes.length !== file.size) return same;
  const [before, latest] = [byteString(bytes), sourceDate * 1000];
  const after = before
    .replace(milliseconds, (whole, name: string, time: string) =>
      Number(time) > latest ? `${name}${latest}` : whole,
    )
    .replace(prunedAt, (whole, name: string, time: string) =>
      Date.parse(time) > latest ? `${name}${new Date(latest).toUTCString()}` : whole,
    );
  return after === before ? same : { kind: 'content', content: bytesOf(after) };
}
