import type { RuleFile, RuleOutcome } from './rules.ts';

export const same: RuleOutcome = { kind: 'same' };
export const gone: RuleOutcome = { kind: 'gone' };

/** The file stays, with its owner and mode, and holds nothing. */
export function emptied({ type, size }: RuleFile): RuleOutcome {
  return type === 'file' && size > 0 ? { kind: 'content', content: Buffer.alloc(0) } : same;
}
