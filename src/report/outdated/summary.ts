import { counted } from '../../core/index.ts';
import {
  isClosable,
  isFailed,
  openOn,
  type ItemAdvisory,
  type OutdatedItem,
  type OutdatedReport,
} from '../../outdated/index.ts';

/** One line: how much moved, what is open, and what nobody could look up. */
export function summaryText({ locks, feeds, failures }: OutdatedReport): string {
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
      ? noneOpen(feeds.length, failures.length)
      : `${counted(open.size, 'open advisory', 'open advisories')}, ${free.size} closed by moving${held === 0 ? '' : `, ${held} by moving what is held`}`,
    ...(failed === 0 ? [] : [`${counted(failed, 'look-up')} failed`]),
  ].join('; ');
}

/** That none was found says nothing where no feed was read. */
function noneOpen(read: number, failed: number): string {
  if (failed === 0) return 'no open advisory';
  return read === 0 ? 'advisories unknown: no feed answered' : 'no open advisory in the feeds that answered';
}
