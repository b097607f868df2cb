import { isFailed, openOn, type LockReport, type OutdatedReport } from '../../outdated/index.ts';
import { flawsOf } from './flaws.ts';
import { summaryText } from './summary.ts';
import {
  ageText,
  moveText,
  nameText,
  packagesText,
  remedyText,
  servicesText,
  severityText,
} from './words.ts';

/** For a comment in a review, or an issue: tables, no raw HTML, and nothing that would ping somebody. */
export function outdatedMarkdown(report: OutdatedReport): string {
  const { locks, failures } = report;
  const parts = locks.map(lockMarkdown);
  const failed = failures.map(({ feed, why }) => [feed, why]);
  if (failed.length > 0) parts.push(`**Feeds that failed**\n\n${table(['Feed', 'Why'], failed)}`);
  return `${[...parts, summaryText(report)].join('\n\n')}\n`;
}

function lockMarkdown({ file, asOf, items, activeHolds, expiredHolds, unknownHolds }: LockReport): string {
  const security = flawsOf(items, openOn).map(({ advisory, items: [item, ...others] }) => {
    const services = [...new Set([item, ...others].flatMap(one => one.services ?? []))];
    return [
      severityText(advisory),
      advisory.flaw,
      [`${item.kind} ${packagesText([item, ...others])}`, servicesText({ services })]
        .filter(Boolean)
        .join(' '),
      moveText(item),
      remedyText(advisory, item),
    ];
  });
  const moving = items.filter(item => item.moves && item.from !== 'base' && item.hold === undefined);
  const failed = items
    .filter(isFailed)
    .flatMap(({ kind, lookUp, ...item }) =>
      lookUp === undefined || lookUp.state === 'ok'
        ? []
        : [[`${kind} ${nameText(item)}`, lookUp.state, lookUp.why]],
    );
  const holds = [
    ...activeHolds
      .filter(({ name }) => !unknownHolds.some(hold => hold.name === name))
      .map(({ name, until, why }) => [name, `until ${until}`, why]),
    ...unknownHolds.map(({ name, near }) => [
      name,
      'nothing is called so',
      near === undefined ? '' : `did you mean ${near}?`,
    ]),
    ...expiredHolds.map(({ name, until, why }) => [name, `ended on ${until}`, why]),
  ];
  const sections = [
    section('Security', ['Severity', 'Advisory', 'Package', 'Move', 'Remedy'], security),
    section(
      'Moves',
      ['Kind', 'Input', 'Move', 'Age'],
      moving.map(item => [
        item.kind,
        [nameText(item), servicesText(item)].filter(Boolean).join(' '),
        moveText(item),
        ageText(item),
      ]),
    ),
    section('Look-ups that failed', ['Input', 'State', 'Why'], failed),
    section('Held', ['Input', 'Until', 'Why'], holds),
  ].filter(text => text !== '');
  return [
    `### ${escaped(file)} as of ${asOf}`,
    ...(sections.length === 0 ? ['Nothing has moved.'] : sections),
  ].join('\n\n');
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `**${title}**\n\n${table(head, rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- ').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Names come from outside: `@name` would ping, `#1` would link, `|` would break the table. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\\`*_[\]|~]/g, character => `\\${character}`)
    .replaceAll('<', '&lt;')
    .replaceAll(/@(?=\w)/g, '@\u200b')
    .replaceAll(/#(?=\d)/g, '#\u200b');
}
