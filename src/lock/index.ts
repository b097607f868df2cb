export { disagreements, type Disagreement } from './agreement.ts';
export { inputSections, lineName, type InputLine, type InputSection, type RecordedInput } from './lines.ts';
export { buildKey, formatLock, parseLock, type BuildEntry, type Lock } from './lockfile.ts';
export { inputsBySection, lockMismatch, projectRecording } from './project.ts';
export {
  imageKey,
  readRecording,
  sortedExchanges,
  storeRecording,
  type ImageInput,
  type Recording,
  type StepRecording,
} from './recording.ts';
