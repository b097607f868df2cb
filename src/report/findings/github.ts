import { counts, ruleOf } from '../../check/index.ts';
import type { ReportInput } from './report-input.ts';

const commands = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** Workflow commands, which GitHub shows beside the lines of a pull request. */
export function findingsGithub({ results }: ReportInput): string {
  const lines = results.flatMap(({ file, findings }) =>
    findings.filter(counts).map(({ rule, severity, range, message, advice }) => {
      const { line, column, endLine, endColumn } = range;
      // Columns are only shown where a range has one line.
      const place =
        line === endLine
          ? `line=${line},col=${column},endColumn=${endColumn}`
          : `line=${line},endLine=${endLine}`;
      const text = `${message}. ${advice ?? ruleOf(rule)?.advice ?? ''}`;
      return `::${commands[severity]} file=${property(file)},${place},title=${property(`holdfast ${rule}`)}::${data(text)}\n`;
    }),
  );
  return lines.join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
