import { upstreamError } from '../core/index.ts';
import type { Change } from './changes.ts';

/**
 * An archive that was at a later date already is a mirror that lags, or somebody who plays an old state: an update does
 * not go back.
 * @throws HoldfastError ARCHIVE_WENT_BACK (exit 5)
 */
export function refuseOlderArchives(changes: readonly Change[]): void {
  for (const { section, name, from, to } of changes) {
    const [before, after] = [from.at(-1), to.at(-1)];
    if (section !== 'archives' || before === undefined || after === undefined || after >= before) continue;
    throw upstreamError(
      'ARCHIVE_WENT_BACK',
      `${name} gives its state of ${after}, and the lock has that of ${before}`,
      { next: 'The mirror lags behind: wait, or use another one. The lock stays as it was.' },
    );
  }
}
