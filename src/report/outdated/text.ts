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
import {
  ageText,
  detailTexts,
  moveText,
  nameText,
  remedyText,
  servicesText,
  severityText,
  worstFirst,
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
    parts.push([colors.red('feeds that failed: advisories are missing'), ...failures].join('\n'));
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
  const rows = items.flatMap(item =>
    (verbose ? item.advisories : openOn(item)).map(advisory => ({ item, advisory })),
  );
  // One flaw of one source has a row for all packages that are built from it.
  const groups = Map.groupBy(rows, ({ item, advisory }) =>
    [
      item.kind,
      advisory.subject.source?.name ?? item.name,
      advisory.flaw,
      item.locked,
      advisory.closedBy,
    ].join(' '),
  );
  const sorted = [...groups.values()].flatMap(group =>
    group[0] === undefined ? [] : [{ ...group[0], group }],
  );
  if (sorted.length === 0) return '';
  sorted.sort((a, b) => worstFirst(a.advisory, b.advisory));
  const lines = table(
    sorted.map(({ advisory, item, group }) => [
      advisory.state === 'closed' ? 'closed' : advisory.unimportant ? 'unimportant' : severityText(advisory),
      advisory.flaw,
      packagesText(group.map(row => row.item)),
      moveText(item),
      remedyText(advisory),
    ]),
  );
  const withDetails = sorted.map(({ advisory }, n) => {
    const line = colourOf(advisory, colors)(lines[n] ?? '');
    const services = [...new Set(sorted[n]?.group.flatMap(({ item }) => item.services ?? []))];
    return [
      line,
      ...[...detailTexts(advisory), servicesText({ services })]
        .filter(Boolean)
        .map(text => colors.dim(`        ${text}`)),
    ].join('\n');
  });
  return [colors.bold('  security'), ...withDetails].join('\n');
}

function packagesText(items: readonly OutdatedItem[]): string {
  const names = [...new Set(items.map(nameText))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
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

function summaryText({ locks, failures }: OutdatedReport): string {
  const items = locks.flatMap(lock => lock.items);
  const own = items.filter(({ from }) => from !== 'base');
  const flaws = (of: readonly OutdatedItem[], isWanted: (advisory: ItemAdvisory) => boolean) =>
    new Set(
      of.flatMap(item =>
        openOn(item)
          .filter(isWanted)
          .map(({ flaw, subject }) => `${flaw} ${subject.source?.name ?? subject.name}`),
      ),
    );
  const isClosable = ({ closedBy }: ItemAdvisory) => closedBy !== undefined && closedBy !== 'upgrade';
  const open = flaws(items, () => true);
  const free = flaws(
    items.filter(({ hold }) => hold === undefined),
    isClosable,
  );
  const held = flaws(items, isClosable).size - free.size;
  const failed = items.filter(isFailed).length + failures.length;
  return [
    `${own.filter(({ moves, hold }) => moves && hold === undefined).length} of ${counted(own.length, 'input')} moved upstream`,
    open.size === 0
      ? `no open advisory${failures.length === 0 ? '' : ' in the feeds that answered'}`
      : `${counted(open.size, 'open advisory', 'open advisories')}, ${free.size} closed by moving${held === 0 ? '' : `, ${held} by moving what is held`}`,
    ...(failed === 0 ? [] : [`${counted(failed, 'look-up')} failed`]),
  ].join('; ');
}

/** Columns; the last one is not filled up. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, n) =>
    Math.min(60, Math.max(...rows.map(row => row[n]?.length ?? 0))),
  );
  return rows.map(row => `    ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  ')}`.trimEnd());
}
