/** What moved upstream since a lock was written, and which moves close a vulnerability. */

export { effectOfUpdate, type UpdateEffect } from './effect-of-update.ts';
export { isAsked, securityMoves, youngerThan, type SecurityMoves } from './security-moves.ts';
export { askedRanges } from './asked-ranges.ts';
export { findOutdated, type AskedLock, type OutdatedEffects } from './find-outdated.ts';
export { keptDocuments } from './kept-documents.ts';
export { FirstSeenLedger } from './first-seen.ts';
export {
  exitOf,
  isClosable,
  isFailed,
  isFinding,
  openOn,
  type ItemAdvisory,
  type LockReport,
  type OutdatedItem,
  type OutdatedReport,
} from './report.ts';
