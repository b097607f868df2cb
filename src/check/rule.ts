import type { Analysis } from './analysis.ts';
import type { Observation, Severity } from './finding.ts';
import type { LockedInputs } from './locked-inputs.ts';

/** `reproducible`: what can drift; `secure`: what is trusted without need. */
export type Profile = 'reproducible' | 'secure';

/** Programs whose checks overlap with ours. Their ids are accepted in their own comments. */
export type Peer = 'hadolint' | 'buildkit' | 'checkov' | 'trivy' | 'kics' | 'scorecard' | 'semgrep';

/** What a rule may know besides the file. */
export interface RuleContext {
  /** What `holdfast.lock` beside the file holds, where there is one. */
  readonly locked?: LockedInputs;
  /** Whether the build context has a file of this name beside the Dockerfile. */
  readonly hasFile: (name: string) => boolean;
  /** A script of the build context by its path, to be followed where the Dockerfile runs it. */
  readonly readFile?: (path: string) => string | undefined;
}

/** One thing to look for. Its page in docs/rules is made of these members. */
export interface Rule {
  /** Stable: it is written into comments and configurations. */
  readonly id: string;
  /** What is wrong, in one line. */
  readonly title: string;
  readonly severity: Severity;
  readonly profiles: readonly Profile[];
  /** Why it matters, in one line. */
  readonly reason: string;
  /** What to do, in one line. */
  readonly advice: string;
  /** Dockerfiles with and without it; a test holds the rule to them. */
  readonly bad: string;
  readonly good: string;
  /** What the rule does not mean, and where it differs from peers on purpose. */
  readonly notes?: string;
  /** A lock does not answer it; the text is the advice where holdfast.lock has a build of the file. */
  readonly staysWithLock?: true | string;
  readonly peers: Readonly<Partial<Record<Peer, readonly string[]>>>;
  find(file: Analysis, context: RuleContext): Iterable<Observation>;
}
