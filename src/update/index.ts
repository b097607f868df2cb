export { changesBetween, type Change } from './changes.ts';
export { activeHolds, withHold, withoutHold } from './holds.ts';
export { selectionFrom, type Selection } from './selection.ts';
export { updateLock, type UpdateOptions, type UpdateResult } from './update.ts';
export { changedTexts, type ChangedText } from './scripts.ts';
