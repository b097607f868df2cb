import type { FileResult, Finding, Rule } from '../../check/index.ts';

/** What every format is made of. */
export interface ReportInput {
  readonly results: readonly FileResult[];
  /** A file's text by its name in the results; nothing where it cannot be had any more. */
  readonly textOf: (file: string) => string | undefined;
  readonly version: string;
  /** Whether a baseline says what was known before. */
  readonly hasBaseline?: boolean;
}

/** A finding with the file that it is in. */
export interface Located {
  readonly file: string;
  readonly finding: Finding;
}

/** The findings of one rule. */
export interface Group {
  readonly rule: Rule;
  readonly severity: Finding['severity'];
  readonly located: readonly Located[];
  readonly files: number;
}
