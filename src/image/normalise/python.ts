import { joined, nameOf, parentOf, type ByteString } from '../filesystem/byte-string.ts';
import { same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

export const pythonRules: readonly Rule[] = [
  {
    id: 'pyc-times',
    what: 'compiled Python files name the time that their source has in the image',
    why: 'they hold the time of their source when it was compiled; were it not changed with the source, Python would compile each one again at every start',
    paths: /\.pyc$/,
    apply: sourceTime,
  },
];

/** PEP 552: magic number, flags, then the source's time where the flags are 0 (else a hash), then its size. */
function sourceTime(file: RuleFile, context: RuleContext): RuleOutcome {
  if (file.type !== 'file' || file.size < 16 || file.size > 16 * 1024 * 1024) return same;
  const content = file.read();
  const isTimed = content.readUInt16LE(2) === 0x0a0d && content.readUInt32LE(4) === 0;
  const stated = content.readUInt32LE(8);
  if (!isTimed || stated <= context.sourceDate) return same;
  // A source of a layer below keeps its time, however late.
  const actual = context.timeOf(sourceOf(file.path)) ?? context.sourceDate;
  if (actual === stated) return same;
  content.writeUInt32LE(actual % 2 ** 32, 8);
  return { kind: 'content', content };
}

/** PEP 3147: `__pycache__/name.tag.pyc` belongs to `name.py`; PEP 488 adds `.opt-1` to the tag. */
function sourceOf(path: ByteString): ByteString {
  const directory = parentOf(path);
  const name = nameOf(path);
  if (nameOf(directory) !== '__pycache__') return joined(directory, name.replace(/c$/, ''));
  return joined(parentOf(directory), name.replace(/\.[^.]+(?:\.opt-[^.]+)?\.pyc$/, '.py'));
}
