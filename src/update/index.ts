export { lockChanges, type Change } from './changes.ts';
export { activeHolds, withHold, withoutHold } from './holds.ts';
export { daysIn, kindsWithPast, type MinAge } from './min-age.ts';
export { movesInParts, selectionFrom, selectionOf, wholeSelection, type Selection } from './selection.ts';
export {
  holdableIn,
  isHeldBy,
  unknownHolds,
  type UnknownHold,
} from './unknown-holds.ts';
export { holdsOfRevert } from './went-back.ts';
export type { TagMove } from './tags/index.ts';
export { upgradedBy } from './upgraded-by.ts';
export { updateLock, type PreviousBuild, type UpdateOptions, type UpdateResult } from './update.ts';
export {
  explainUpdate,
  type AdvisoryEffect,
  type AdvisoryEffectOf,
  type AdvisoryFact,
  type ChangedScript,
  type ClosedAdvisory,
  type ExplainedChange,
  type ExplainOptions,
  type ImageChange,
  type PackageStory,
  type ProvenanceChange,
  type Reason,
  type UpdateExplanation,
  type Verdict,
} from './explain/index.ts';
export type { DiffLine } from '../core/index.ts';
export type { ChangedText } from './scripts.ts';
