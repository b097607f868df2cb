import { counted } from '../../core/index.ts';
import { adviceOf, countBySeverity, countText, groupsOf } from './groups.ts';
import type { ReportInput } from './report-input.ts';

/** At most so many places of one rule: a comment on a pull request has a length that is allowed. */
const mostPlaces = 20;

/** For a pull request's comment or a job's summary. */
export function findingsMarkdown({ results }: ReportInput): string {
  const groups = groupsOf(results);
  const files = counted(results.length, 'file');
  if (groups.length === 0) return `**holdfast check**: nothing found in ${files}.\n`;
  const lines = [`**holdfast check**: ${countText(countBySeverity(groups))} in ${files}.`, ''];
  for (const group of groups) {
    const { rule, severity, located } = group;
    lines.push(
      `### ${severity}: ${escaped(rule.title)} (\`${rule.id}\`)`,
      '',
      `${escaped(rule.reason)} ${escaped(adviceOf(group))}`,
      '',
    );
    for (const { file, finding } of located.slice(0, mostPlaces))
      lines.push(
        `- \`${code(file)}:${finding.range.line}:${finding.range.column}\` ${escaped(finding.message)}`,
      );
    if (located.length > mostPlaces) lines.push(`- and ${located.length - mostPlaces} more`);
    lines.push('');
  }
  return `${lines.join('\n')}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[<>&|*_[\]#~]/g, character => `\\${character}`).replaceAll(/[\u0000-\u001f]/g, ' ');
}

function code(text: string): string {
  return text.replaceAll('`', "'").replaceAll(/[\u0000-\u001f]/g, ' ');
}
