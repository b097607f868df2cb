import type { BlobDescriptor } from '../store/index.ts';
import type { Exchange } from './exchange.ts';

/**
 * What upstream said, each time it was asked: `whole`, here it is; `absent`, there is no such file, which tells of
 * what there is as an index does; `other`, a redirect, or not the same each time.
 */
export function outcomeOf({ responses }: Exchange): 'whole' | 'absent' | 'other' {
  if (responses.length === 0) return 'other';
  if (responses.every(({ status }) => status === 200)) return 'whole';
  return responses.every(({ status }) => status === 404 || status === 410) ? 'absent' : 'other';
}

/** The last body that upstream gave for a file that is there. */
export function bodyOf({ responses }: Exchange): BlobDescriptor | undefined {
  return responses.findLast(({ status }) => status === 200)?.body;
}

/** Whether an exchange asks for a file and for nothing else. */
export function asksForFile({ key }: Exchange): boolean {
  return key.method === 'GET' || key.method === 'HEAD';
}
