import type { BlobDescriptor } from '../store/index.ts';
import type { Exchange } from './exchange.ts';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const absences: ReadonlySet<number> = new Set([404, 410]);

/**
 * What upstream said, each time it was asked: `whole`, here it is; `pointer`, it is elsewhere or there is none, which
 * tells of what there is as an index does; `mixed`, not the same each time.
 */
export function outcomeOf({
  responses,
}: {
  readonly responses: readonly Pick<Exchange['responses'][number], 'status'>[];
}): 'whole' | 'pointer' | 'mixed' {
  if (responses.length === 0) return 'mixed';
  if (responses.every(({ status }) => status === 200)) return 'whole';
  return responses.every(({ status }) => redirects.has(status) || absences.has(status)) ? 'pointer' : 'mixed';
}

/** The last body that upstream gave for a file that is there. */
export function bodyOf({ responses }: Exchange): BlobDescriptor | undefined {
  return responses.findLast(({ status }) => status === 200)?.body;
}

/** The body that upstream gave in the end; nothing where the end was something else than the file. */
export function lastBody({ responses }: Exchange): BlobDescriptor | undefined {
  const last = responses.at(-1);
  return last?.status === 200 ? last.body : undefined;
}

/** Whether an exchange asks for a file and for nothing else. */
export function asksForFile({ key }: Exchange): boolean {
  return key.method === 'GET' || key.method === 'HEAD';
}
