export { inputSections, lineName, type InputLine, type InputSection } from './lines.ts';
export { buildKey, formatLock, parseLock, type BuildEntry, type Lock } from './lockfile.ts';
export { inputsBySection, lockMismatch, projectRecording, type ProjectedInput } from './project.ts';
export {
  compareText,
  imageKey,
  readRecording,
  sortedExchanges,
  storeRecording,
  type ImageInput,
  type Recording,
  type StepRecording,
} from './recording.ts';
