import { createColors } from 'picocolors';
import type { Severity } from '../../check/index.ts';
import { counted } from '../../core/index.ts';
import { printable } from '../units.ts';
import { excerpt } from './excerpt.ts';
import { adviceOf, countBySeverity, countText, groupsOf } from './groups.ts';
import type { Group, Located, ReportInput } from './report-input.ts';

export interface TextOptions {
  /** Every finding, and not the three rules that matter most with an example each. */
  readonly verbose: boolean;
  readonly colour: boolean;
}

/** As many rules, and places of each, as a person takes in at once. */
const fewRules = 3;
const fewPlaces = 2;

/** For people: what to do first, and how much more there is. */
export function findingsText(input: ReportInput, { verbose, colour }: TextOptions): string {
  const groups = groupsOf(input.results);
  const paint = painter(colour);
  const lines: string[] = [];
  for (const group of verbose ? groups : groups.slice(0, fewRules)) {
    lines.push(...groupLines(group, input, verbose ? Number.POSITIVE_INFINITY : fewPlaces, paint), '');
  }
  const more = verbose ? [] : groups.slice(fewRules);
  if (more.length > 0) {
    const rest = more.map(({ rule, located }) => `${rule.id} ${located.length}`);
    lines.push(`and of ${counted(more.length, 'more rule')}: ${rest.join(', ')}`, '');
  }
  lines.push(...unreadLines(input, verbose), ...summaryLines(input, groups, verbose, paint));
  return `${lines.join('\n')}\n`;
}

type Paint = ReturnType<typeof painter>;

function painter(colour: boolean) {
  const { red, yellow, cyan, bold, dim } = createColors(colour);
  const bySeverity = { error: red, warning: yellow, note: cyan } satisfies Record<Severity, unknown>;
  return { severity: (severity: Severity) => bySeverity[severity](severity), bold, dim };
}

function groupLines(group: Group, input: ReportInput, places: number, paint: Paint): string[] {
  const { rule, severity, located, files } = group;
  const count = located.length === 1 ? '' : `, ${located.length} times in ${counted(files, 'file')}`;
  const shown = located.slice(0, places);
  const left = located.length - shown.length;
  return [
    `${paint.severity(severity)} ${paint.bold(rule.id)}: ${rule.title}${count}`,
    ...shown.flatMap(one => placeLines(one, input, paint)),
    ...(left > 0 ? [paint.dim(`  … and ${left} more`)] : []),
    `  why: ${rule.reason}`,
    `  fix: ${adviceOf(group)}`,
  ];
}

function placeLines({ file, finding }: Located, { textOf }: ReportInput, paint: Paint): string[] {
  const { range, message, related = [], fix } = finding;
  const text = textOf(file);
  const frame = text === undefined ? [] : excerpt(text, range, printable);
  return [
    `  ${printable(file)}:${range.line}:${range.column} ${printable(message)}${fix ? paint.dim(' (--fix can)') : ''}`,
    ...frame.map(line => `    ${line}`),
    ...related.map(
      one => `    ${paint.dim(`${one.message}: line ${one.range.line}, column ${one.range.column}`)}`,
    ),
  ];
}

function unreadLines({ results }: ReportInput, verbose: boolean): string[] {
  const unread = results.flatMap(({ file, unread: parts }) => parts.map(part => ({ file, ...part })));
  if (unread.length === 0) return [];
  const shown = unread.slice(0, verbose ? undefined : fewRules);
  const lines = shown.map(({ file, range, reason }) => {
    const place = range === undefined ? file : `${file}:${range.line}`;
    return `  ${printable(place)} was not read: ${printable(reason)}`;
  });
  const left = unread.length - shown.length;
  return [
    `not read: ${counted(unread.length, 'part')}`,
    ...lines,
    ...(left > 0 ? [`  … and ${left} more`] : []),
    '',
  ];
}

function summaryLines(
  { results }: ReportInput,
  groups: readonly Group[],
  verbose: boolean,
  paint: Paint,
): string[] {
  const all = results.flatMap(({ findings }) => findings);
  const silent = all.filter(({ suppressed }) => suppressed).length;
  const held = all.filter(finding => finding.held).length;
  const known = all.filter(finding => finding.known).length;
  const aside = [
    ...(silent > 0 ? [`${silent} suppressed by comments`] : []),
    ...(held > 0 ? [`${held} held by holdfast.lock`] : []),
    ...(known > 0 ? [`${known} known from the baseline`] : []),
  ];
  const behind = aside.length > 0 ? ` (${aside.join(', ')})` : '';
  const files = counted(results.length, 'file');
  const withFindings = new Set(groups.flatMap(({ located }) => located.map(({ file }) => file))).size;
  const left = held > 0 ? [paint.dim(leftForDocker)] : [];
  if (groups.length === 0) return [`${files}: nothing found${behind}`, ...left];
  const fixable = groups.flatMap(({ located }) => located).filter(({ finding }) => finding.fix).length;
  const hints = [
    ...(verbose ? [] : ['--verbose shows all']),
    '--explain RULE tells more',
    ...(fixable > 0 ? [`--fix mends ${fixable}`] : []),
  ];
  return [
    paint.bold(`${withFindings} of ${files}: ${countText(countBySeverity(groups))}${behind}`),
    hints.join('; '),
    ...left,
  ];
}

/** What is held is held for `holdfast build` alone. */
const leftForDocker = 'plain `docker build` reads no lock: `holdfast pin` writes it into the file';
