import { usageError } from '../core/index.ts';
import { counts, type FileResult } from './finding.ts';

/** Fingerprints of findings that are known, so that only new ones count. */
export type Baseline = ReadonlySet<string>;

/** One finding a line, sorted, so that merges go well; file and rule are for readers. */
export function formatBaseline(results: readonly FileResult[]): string {
  const lines = results.flatMap(({ file, findings }) =>
    findings
      .filter(({ suppressed }) => suppressed === undefined)
      .map(({ rule, fingerprint }) => JSON.stringify([file, rule, fingerprint])),
  );
  const body = lines.toSorted().map(line => `    ${line}`);
  return `{\n  "version": 1,\n  "findings": [\n${body.join(',\n')}\n  ]\n}\n`;
}

/** @throws HoldfastError CHECK_BASELINE (exit 2) */
export function parseBaseline(text: string, file: string): Baseline {
  const bad = (why: string) =>
    usageError('CHECK_BASELINE', `${file} is no baseline: ${why}`, {
      next: 'Write it anew with `holdfast check --write-baseline`.',
      where: { file, line: 1 },
    });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw bad('it is not JSON');
  }
  if (
    typeof document !== 'object' ||
    document === null ||
    !('version' in document) ||
    !('findings' in document)
  )
    throw bad('it lacks "version" or "findings"');
  if (document.version !== 1)
    throw bad(`this program knows version 1, not ${JSON.stringify(document.version)}`);
  const { findings } = document;
  if (!Array.isArray(findings)) throw bad('"findings" is no list');
  return new Set(
    findings.map((line: unknown) => {
      const fingerprint: unknown = Array.isArray(line) ? line[2] : undefined;
      if (typeof fingerprint !== 'string') throw bad('a finding is not [file, rule, fingerprint]');
      return fingerprint;
    }),
  );
}

/** The results, with the findings marked that the baseline knows. */
export function withBaseline(results: readonly FileResult[], baseline: Baseline): FileResult[] {
  return results.map(result => ({
    ...result,
    findings: result.findings.map(finding =>
      counts(finding) && baseline.has(finding.fingerprint) ? { ...finding, known: true } : finding,
    ),
  }));
}
