import { counts } from '../../check/index.ts';
import { countBySeverity, groupsOf } from './groups.ts';
import type { ReportInput } from './report-input.ts';

/** One document; its shape is told in docs/check.md. */
export function findingsJson({ results }: ReportInput): string {
  const document = {
    version: 1,
    counts: countBySeverity(groupsOf(results)),
    files: results.map(({ file, findings, unread }) => ({
      file,
      findings: findings.map(finding => ({ ...finding, counts: counts(finding) })),
      unread,
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
