import type { SourceRange } from './source.ts';

/** What Docker builds but warns of. */
export interface Warning {
  readonly code: 'EMPTY_CONTINUATION' | 'DUPLICATE_STAGE_NAME' | 'RESERVED_STAGE_NAME';
  readonly message: string;
  readonly range: SourceRange;
}
