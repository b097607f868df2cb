export { explainUpdate, type ExplainOptions } from './explain-update.ts';
export type {
  AdvisoryEffect,
  AdvisoryEffectOf,
  AdvisoryFact,
  ChangedScript,
  ClosedAdvisory,
  ExplainedChange,
  ImageChange,
  PackageStory,
  ProvenanceChange,
  Reason,
  UpdateExplanation,
  Verdict,
} from './explanation.ts';
