import { byteString, bytesOf } from '../filesystem/byte-string.ts';
import { indexWithoutStats } from './git-index.ts';
import { same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

/** What git keeps in a `.git`, and in that of submodules and further work trees within it. */
export const gitRules: readonly Rule[] = [
  {
    id: 'git-index',
    what: "times, inode and device numbers in git's index become 0",
    why: 'they are those of the work tree on one disk; git compares the files themselves where they do not fit, as it must in every image',
    paths: /(?:^|\/)\.git\/(?:.+\/)?index$/,
    apply: withoutStats,
  },
  {
    id: 'git-reflog',
    what: "times in git's reflogs after the source date become the source date",
    why: 'they say when the step cloned, fetched or checked out',
    paths: /(?:^|\/)\.git\/(?:.+\/)?logs\/(?:HEAD|refs\/.+)$/,
    apply: reflogTimes,
  },
];

function withoutStats(file: RuleFile): RuleOutcome {
  if (file.type !== 'file') return same;
  const index = file.read();
  const content = index.length === file.size ? indexWithoutStats(index) : undefined;
  return content === undefined || content.equals(index) ? same : { kind: 'content', content };
}

/** Of a line: both ids, who did it, unix seconds and zone; a tab and what was done follow. */
const reflogTime = /^([0-9a-f]{40,64} [0-9a-f]{40,64} [^\t\n]*> )(\d+) [+-]\d{4}(?=\t|$)/gm;

/** The zone goes with the time: it may be another one in summer. */
function reflogTimes(file: RuleFile, { sourceDate }: RuleContext): RuleOutcome {
  if (file.type !== 'file') return same;
  const bytes = file.read();
  if (bytes.length !== file.size) return same;
  const before = byteString(bytes);
  const after = before.replace(reflogTime, (whole, start: string, time: string) =>
    Number(time) > sourceDate ? `${start}${sourceDate} +0000` : whole,
  );
  return after === before ? same : { kind: 'content', content: bytesOf(after) };
}
