/** An order in which dpkg can unpack and configure packages. */

import { compareText } from './candidates.ts';
import { answers, relationsOf } from './dependency.ts';
import type { PackageRecord } from './packages.ts';

interface Waiting<Item> {
  readonly item: Item;
  readonly record: PackageRecord;
  readonly preDepends: ReadonlySet<PackageRecord>;
  readonly depends: ReadonlySet<PackageRecord>;
}

/**
 * Each package after its Pre-Depends, always, and after its Depends where these form no circle; ties by name.
 * Only the packages given count.
 */
export function installOrder<Item extends { readonly record: PackageRecord }>(
  items: readonly Item[],
): Item[] {
  const records = items.map(item => item.record);
  let waiting: Waiting<Item>[] = items
    .toSorted((a, b) => compareText(a.record.name, b.record.name))
    .map(item => ({
      item,
      record: item.record,
      preDepends: needed(item.record, 'Pre-Depends', records),
      depends: needed(item.record, 'Depends', records),
    }));
  const missing = new Set(records);
  const ordered: Item[] = [];
  for (;;) {
    const ready = waiting.filter(({ preDepends }) => count(preDepends, missing) === 0);
    const next = fewestMissing(ready.length > 0 ? ready : waiting, missing);
    if (next === undefined) return ordered;
    ordered.push(next.item);
    missing.delete(next.record);
    waiting = waiting.filter(other => other !== next);
  }
}

function fewestMissing<Item>(
  waiting: readonly Waiting<Item>[],
  missing: ReadonlySet<PackageRecord>,
): Waiting<Item> | undefined {
  let best: Waiting<Item> | undefined;
  for (const one of waiting)
    if (best === undefined || count(one.depends, missing) < count(best.depends, missing)) best = one;
  return best;
}

function count(needs: ReadonlySet<PackageRecord>, missing: ReadonlySet<PackageRecord>): number {
  let found = 0;
  for (const record of needs) if (missing.has(record)) found++;
  return found;
}

function needed(
  record: PackageRecord,
  field: 'Pre-Depends' | 'Depends',
  records: readonly PackageRecord[],
): ReadonlySet<PackageRecord> {
  const found = new Set<PackageRecord>();
  for (const alternatives of relationsOf(record, field))
    for (const other of records)
      if (other !== record && alternatives.some(relation => answers(other, relation))) found.add(other);
  return found;
}
