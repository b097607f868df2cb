export {
  analyse,
  lineage,
  type AnalysedStage,
  type Analysis,
  type Run,
  type RunInStage,
} from './analysis.ts';
export { checkText } from './check-text.ts';
export { downloadsOf, type Download } from './downloads.ts';
export {
  counts,
  severities,
  type Edit,
  type FileResult,
  type Finding,
  type Fix,
  type Severity,
  type Unread,
} from './finding.ts';
export { edited, fixText, type Fixed } from './fix-text.ts';
export { isFollowed } from './followed-scripts.ts';
export type { ImageUse } from './image-use.ts';
export { fixNamed, type FixEffects } from './fix-named.ts';
export type { LockedInputs } from './locked-inputs.ts';
export type { Peer, Profile, Rule, RuleContext } from './rule.ts';
export { ruleOf, rules } from './rules/index.ts';
export { shown } from './rules/subjects.ts';
export { isGitUrl, isHttpUrl } from './rules/urls.ts';
export { upgradedIn, type BuiltDockerfile } from './upgraded.ts';
export { defaultSettings, type CheckSettings } from './settings.ts';
export { formatBaseline, withBaseline, type Baseline } from './baseline.ts';
export { checkFiles, contextOf, scriptsIn, type NamedFile } from './check-files.ts';
export { discover, withComposeBuilds, type Discovered } from './discover.ts';
export {
  inputsOfLock,
  isExcluded,
  readBaseline,
  readProject,
  type CheckProject,
} from './project.ts';
export { readText } from './read-text.ts';
export { mendedOnline, openLookUp, type FixedOnline, type LookUp } from './look-up.ts';
export { resolved } from './values.ts';
