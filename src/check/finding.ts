import type { SourceRange } from '../dockerfile/index.ts';

export const severities = ['error', 'warning', 'note'] as const;
/** `error`: the build changes by itself or trusts what it must not; `warning`: it can; `note`: good to know. */
export type Severity = (typeof severities)[number];

/** Half-open offsets in UTF-16 code units into the file's text, and what shall stand there. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Edits that belong together, and mean the same build. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** What a rule sees. */
export interface Observation {
  readonly range: SourceRange;
  /** One line: what is there, and what can change. */
  readonly message: string;
  /** Other places that take part: the ARG that holds a value. */
  readonly related?: readonly { readonly range: SourceRange; readonly message: string }[];
  readonly fix?: Fix;
  /** Whether the lock holds this very input, of rules that can tell. */
  readonly locked?: boolean;
}

/** What is reported. */
export interface Finding extends Omit<Observation, 'locked'> {
  readonly rule: string;
  readonly severity: Severity;
  /** Stays the same when lines are added or removed elsewhere in the file. */
  readonly fingerprint: string;
  /** A comment asks that it be not counted. */
  readonly suppressed?: { readonly by: string; readonly reason?: string };
  /** It is about drift, and holdfast.lock holds what it is about. */
  readonly held?: boolean;
  /** What to do beside the lock, in place of the rule's advice. */
  readonly advice?: string;
  /** It is in the baseline file: known, and not counted. */
  readonly known?: boolean;
}

/** A part of a file that was not read, or the whole of it, and why. */
export interface Unread {
  readonly range?: SourceRange;
  readonly reason: string;
}

/** All that was seen in one file. */
export interface FileResult {
  /** As it is named to people: relative, with `/`. */
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly unread: readonly Unread[];
}

/** A lock holds what builds from it; a fix is for those that do not. */
export function isFixable({ suppressed, fix }: Finding): boolean {
  return suppressed === undefined && fix !== undefined;
}

/** Whether a finding counts: not suppressed by a comment, not held by the lock, and not known from a baseline. */
export function counts({ suppressed, held, known }: Finding): boolean {
  return suppressed === undefined && held !== true && known !== true;
}
