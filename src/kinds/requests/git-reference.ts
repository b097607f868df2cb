import type { Firmness } from './request.ts';

/** How firm a git reference is: a commit in full is bytes, a tag that looks like a version may move but seldom does. */
export function gitReferenceFirmness(ref: string | undefined): Firmness {
  if (ref === undefined || ref === '') return 'none';
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref)) return 'content';
  return 'range';
}
