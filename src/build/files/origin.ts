import type { Json } from '../../core/index.ts';
import type { SessionResult } from '../../gateway/index.ts';
import type { CopyRequest } from './copy.ts';

/** Files that are ready to be copied. */
export type Files = Pick<CopyRequest, 'sources' | 'selection' | 'metadata' | 'replaces'>;

/** Where a COPY or ADD takes files from: one for each source that is not of the same place as the one before. */
export interface Origin {
  /** What the result depends on, as far as it is known before the step runs. */
  readonly facts: Json;
  /** Whether the files stay where they are as long as the build goes on, so that they need not be copied at once. */
  readonly stays?: boolean | undefined;
  /**
   * Makes the files ready in `work`, an empty directory of its own, and gives them to `use` while they are.
   * @returns what was taken from the network
   */
  provide(work: string, use: (files: Files) => Promise<void>): Promise<SessionResult | undefined>;
}
