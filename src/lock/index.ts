export { disagreements, type Disagreement } from './agreement.ts';
export {
  inputSections,
  isPackageSection,
  lineName,
  lineText,
  type InputLine,
  type InputSection,
  type RecordedInput,
} from './lines.ts';
export {
  buildKey,
  frontendOfBuild,
  formatLock,
  parseLock,
  type BuildEntry,
  type Lock,
  type MovedKinds,
} from './lockfile.ts';
export { exchangeRecogniser, inputsBySection, lockMismatch, projectRecording } from './project.ts';
export {
  imageKey,
  readRecording,
  sortedExchanges,
  storeRecording,
  type ImageInput,
  type Recording,
  type StepRecording,
} from './recording.ts';
