import { createColors } from 'picocolors';
import { counted } from '../../core/index.ts';
import {
  isFailed,
  openOn,
  type ItemAdvisory,
  type LockReport,
  type OutdatedItem,
  type OutdatedReport,
} from '../../outdated/index.ts';
import { unknownHoldText } from '../hold-text.ts';
import { printable } from '../units.ts';
import { flawsOf } from './flaws.ts';
import { summaryText } from './summary.ts';
import {
  ageText,
  detailTexts,
  moveText,
  nameText,
  packagesText,
  remedyText,
  servicesText,
  severityText,
} from './words.ts';

export interface OutdatedTextOptions {
  readonly colour: boolean;
  /** Advisories that are closed or of no weight too, and packages of base images that are behind. */
  readonly verbose: boolean;
}

type Colors = ReturnType<typeof createColors>;

/** For people: what is dangerous first, then what moves, kind by kind, then what nobody could look up. */
export function outdatedText(report: OutdatedReport, { colour, verbose }: OutdatedTextOptions): string {
  const colors = createColors(colour);
  const parts = report.locks.map(lock => lockText(lock, verbose, colors));
  const failures = report.failures.map(({ feed, why }) =>
    colors.red(`  ✗ ${printable(feed)}: ${printable(why)}`),
  );
  if (failures.length > 0)
    parts.push([colors.red('feeds that failed: advisories may be missing'), ...failures].join('\n'));
  return `${[...parts, summaryText(report)].join('\n\n')}\n`;
}

function lockText(lock: LockReport, verbose: boolean, colors: Colors): string {
  const { items } = lock;
  const sections = [
    securityText(items, verbose, colors),
    ...movesText(items, colors),
    remarksText(items),
    baseText(items, verbose),
    failedText(items, colors),
    holdsText(lock, colors),
  ].filter(text => text !== '');
  const head = `${colors.bold(printable(lock.file))}  ${colors.dim(`as of ${lock.asOf}`)}`;
  return sections.length === 0 ? `${head}\n  nothing has moved` : [head, ...sections].join('\n');
}

function securityText(items: readonly OutdatedItem[], verbose: boolean, colors: Colors): string {
  const sorted = flawsOf(items, item => (verbose ? item.advisories : openOn(item)));
  if (sorted.length === 0) return '';
  const lines = table(
    sorted.map(({ advisory, items: [item, ...others] }) => [
      advisory.state === 'closed' ? 'closed' : advisory.unimportant ? 'unimportant' : severityText(advisory),
      advisory.flaw,
      packagesText([item, ...others]),
      moveText(item),
      remedyText(advisory, item),
    ]),
  );
  const withDetails = sorted.map(({ advisory, items: having }, n) => {
    const line = colourOf(advisory, colors)(lines[n] ?? '');
    const services = [...new Set(having.flatMap(item => item.services ?? []))];
    return [
      line,
      ...[...detailTexts(advisory), servicesText({ services })]
        .filter(Boolean)
        .map(text => colors.dim(`        ${text}`)),
    ].join('\n');
  });
  return [colors.bold('  security'), ...withDetails].join('\n');
}

function colourOf(advisory: ItemAdvisory, colors: Colors): (text: string) => string {
  if (advisory.state === 'closed' || advisory.unimportant) return colors.dim;
  const level = severityText(advisory);
  if (level === 'critical' || level === 'high') return colors.red;
  return level === 'medium' ? colors.yellow : text => text;
}

function movesText(items: readonly OutdatedItem[], colors: Colors): string[] {
  const moving = items.filter(item => item.moves && item.from !== 'base' && item.hold === undefined);
  return [...Map.groupBy(moving, ({ kind, from }) => (from === 'archives' ? 'archives' : kind))].map(
    ([kind, own]) => {
      const all = items.filter(
        item => (item.from === 'archives' ? 'archives' : item.kind) === kind && item.from !== 'base',
      );
      const rows = own.map(item => [nameText(item), moveText(item), ageText(item), servicesText(item)]);
      return [`  ${colors.bold(kind)} ${colors.dim(`${own.length} of ${all.length}`)}`, ...table(rows)].join(
        '\n',
      );
    },
  );
}

function remarksText(items: readonly OutdatedItem[]): string {
  const rows = items.flatMap(item =>
    item.lookUp?.state === 'ok' && item.from !== 'base'
      ? item.lookUp.remarks.map(({ is, text }) => [
          is,
          `${item.kind} ${nameText(item)} ${item.locked}`,
          printable(text),
        ])
      : [],
  );
  return rows.length === 0 ? '' : ['  upstream warns', ...table(rows)].join('\n');
}

/** What came with the base image is told of by number: it moves with the image. */
function baseText(items: readonly OutdatedItem[], verbose: boolean): string {
  const behind = items.filter(({ from, moves }) => from === 'base' && moves);
  if (behind.length === 0) return '';
  if (!verbose)
    return `  ${counted(behind.length, 'package')} of the base image ${behind.length === 1 ? 'is' : 'are'} behind its archives`;
  return ['  base image', ...table(behind.map(item => [nameText(item), moveText(item)]))].join('\n');
}

function failedText(items: readonly OutdatedItem[], colors: Colors): string {
  const failed = items.filter(isFailed);
  if (failed.length === 0) return '';
  const rows = failed.map(item =>
    item.lookUp === undefined || item.lookUp.state === 'ok'
      ? []
      : [`✗ ${item.lookUp.state}`, `${item.kind} ${nameText(item)}`, printable(item.lookUp.why)],
  );
  return colors.red(['  look-ups that failed', ...table(rows)].join('\n'));
}

function holdsText(
  { activeHolds: active, expiredHolds: expired, unknownHolds, items }: LockReport,
  colors: Colors,
): string {
  if (active.length + expired.length === 0) return '';
  const known = active.filter(({ name }) => !unknownHolds.some(hold => hold.name === name));
  const rows = known.map(hold => {
    const waiting = items.filter(item => item.hold === hold && item.moves);
    const what =
      waiting.length === 1 && waiting[0]
        ? moveText(waiting[0])
        : waiting.length > 1
          ? counted(waiting.length, 'move')
          : '';
    return [printable(hold.name), what, `until ${hold.until}: ${printable(hold.why)}`];
  });
  const ended = expired.map(({ name, until, why }) =>
    colors.yellow(`    ${printable(name)}  the hold ended on ${until}: ${printable(why)}`),
  );
  const unknown = unknownHolds.map(hold => colors.yellow(`    ${unknownHoldText(hold)}`));
  return ['  held', ...table(rows), ...ended, ...unknown].join('\n');
}

/** Columns; the last one is not filled up. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, n) =>
    Math.min(60, Math.max(...rows.map(row => row[n]?.length ?? 0))),
  );
  return rows.map(row => `    ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  ')}`.trimEnd());
}
