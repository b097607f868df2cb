import { counts, rules, severities, type FileResult, type Severity } from '../../check/index.ts';
import { counted } from '../../core/index.ts';
import type { Group, Located } from './report-input.ts';

/** Findings that count by rule: the most severe first, and among equals in the order of the rules. */
export function groupsOf(results: readonly FileResult[]): Group[] {
  const byRule = new Map<string, Located[]>();
  for (const { file, findings } of results)
    for (const finding of findings) {
      if (!counts(finding)) continue;
      const known = byRule.get(finding.rule);
      if (known) known.push({ file, finding });
      else byRule.set(finding.rule, [{ file, finding }]);
    }
  const groups = rules.flatMap((rule): Group[] => {
    const located = byRule.get(rule.id);
    const [first] = located ?? [];
    if (located === undefined || first === undefined) return [];
    const files = new Set(located.map(({ file }) => file)).size;
    return [{ rule, severity: first.finding.severity, located, files }];
  });
  return groups.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

/** What to do; beside a lock that is another thing, unless places without one are among them. */
export function adviceOf({ rule, located }: Group): string {
  const [first] = located;
  const isSame = located.every(({ finding }) => finding.advice === first?.finding.advice);
  return (isSame ? first?.finding.advice : undefined) ?? rule.advice;
}

export function countBySeverity(groups: readonly Group[]): Record<Severity, number> {
  const numbers = { error: 0, warning: 0, note: 0 };
  for (const { severity, located } of groups) numbers[severity] += located.length;
  return numbers;
}

/** `1 error, 2 warnings` without those of which there are none. */
export function countText(numbers: Readonly<Record<Severity, number>>): string {
  const parts = severities.flatMap(severity =>
    numbers[severity] === 0 ? [] : [counted(numbers[severity], severity)],
  );
  return parts.join(', ');
}
