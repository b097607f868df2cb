import {
  checkText,
  defaultSettings,
  fixText,
  type CheckSettings,
  type FileResult,
  type Fixed,
  type RuleContext,
} from './check/index.ts';
import { type Dockerfile, parseDockerfile } from './dockerfile/index.ts';

// What other programs may call: `import { parse, check, fix } from 'holdfast'`. docs/check.md tells of it.

export type {
  CheckSettings,
  Edit,
  FileResult,
  Finding,
  Fix,
  Fixed,
  LockedInputs,
  Profile,
  Rule,
  Severity,
  Unread,
} from './check/index.ts';
export { rules } from './check/index.ts';
export { HoldfastError } from './core/index.ts';
export type {
  Dockerfile,
  FromInstruction,
  Instruction,
  SourceRange,
  Stage,
  Word,
} from './dockerfile/index.ts';

/** What may be given besides the text; whatever is not, is taken to be unknown. */
export interface CheckOptions extends Partial<CheckSettings>, Partial<RuleContext> {
  /** The file's name, for messages and fingerprints. */
  readonly file?: string;
}

/**
 * The stages and instructions of a Dockerfile, with the exact place of every word.
 * @throws HoldfastError (`exit` 2) with `code`, `message`, `next` and `where`, as `docker build` would refuse it
 */
export function parse(text: string, file = 'Dockerfile'): Dockerfile {
  return parseDockerfile(text, file);
}

/** What can drift in a Dockerfile. Never throws for what the text holds: see `unread` of the result. */
export function check(text: string, options: CheckOptions = {}): FileResult {
  const { file, settings, context } = completed(options);
  return checkText(text, file, settings, context);
}

/** The text with all that is mended which can be without changing the build, and what that was. */
export function fix(text: string, options: CheckOptions = {}): Fixed {
  const { file, settings, context } = completed(options);
  return fixText(text, file, settings, context);
}

function completed({
  file = 'Dockerfile',
  profile,
  severity,
  hasFile = () => false,
  readFile,
  locked,
}: CheckOptions) {
  const settings = { profile: profile ?? defaultSettings.profile, severity: severity ?? {} };
  return { file, settings, context: { hasFile, ...(readFile && { readFile }), ...(locked && { locked }) } };
}
