// Apart from the folder above: what shows progress is not needed to print findings.
export { findingsGithub } from './github.ts';
export { findingsJson } from './json.ts';
export { findingsMarkdown } from './markdown.ts';
export type { ReportInput } from './report-input.ts';
export { ruleIndex, rulePage } from './rule-page.ts';
export { findingsSarif } from './sarif.ts';
export { findingsText, type TextOptions } from './text.ts';
