import { byBytes, byteString, bytesOf } from '../filesystem/byte-string.ts';
import { emptied, same } from './outcomes.ts';
import type { Rule, RuleFile, RuleOutcome } from './rules.ts';

export const texRules: readonly Rule[] = [
  {
    id: 'tex-logs',
    what: 'the logs of fmtutil, updmap and the formats that they make are emptied',
    why: 'they hold the time at which they were made, and are written anew each time',
    paths: /(?:^|\/)texmf(?:-var)?\/web2c\/(?:.+\/)?[^/]+\.log$/,
    apply: emptied,
  },
  {
    id: 'tex-file-names',
    what: "the lists of TeX's file names, ls-R, are sorted",
    why: 'mktexlsr lists directories in the order in which their file system holds the names',
    paths: /(?:^|\/)ls-R$/,
    apply: sortedNames,
  },
];

const heading = '% ls-R -- filename database for kpathsea; do not change this line.\n';

/** Blocks of a directory's name with a colon, and its names, one a line; empty lines part them (kpathsea, "ls-R"). */
function sortedNames(file: RuleFile): RuleOutcome {
  if (file.type !== 'file') return same;
  const bytes = file.read();
  const before = byteString(bytes);
  if (bytes.length !== file.size || !before.startsWith(heading)) return same;
  const blocks = before
    .slice(heading.length)
    .split(/\n{2,}/)
    .map(block => block.split('\n').filter(line => line !== ''))
    .filter(lines => lines.length > 0)
    .map(([directory = '', ...names]) => [directory, ...names.toSorted(byBytes)].join('\n'));
  const after = `${heading}\n${blocks.toSorted(byBytes).join('\n\n')}\n`;
  return after === before ? same : { kind: 'content', content: bytesOf(after) };
}
