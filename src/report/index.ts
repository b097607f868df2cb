export { sectionCount } from './section-count.ts';
export { comparisonText } from './comparison-text.ts';
export { changeCounts, changesText } from './change-text.ts';
export { errorJson, errorText, exitCodeOf } from './error-report.ts';
export {
  progressFor,
  progressModes,
  type Progress,
  type ProgressMode,
  type ProgressTarget,
} from './progress.ts';
export { comparisonPage, locksPage } from './html/index.ts';
export { formatBytes, printable } from './units.ts';
export { updateMarkdown, updateText } from './update/index.ts';
export { unifiedDiff } from './unified-diff.ts';
