import type { ItemAdvisory, OutdatedItem } from '../../outdated/index.ts';
import { worstFirst } from './words.ts';

/** A flaw of one source, in all packages that are built from it. */
export interface Flaw {
  readonly advisory: ItemAdvisory;
  readonly items: readonly [OutdatedItem, ...OutdatedItem[]];
}

/** The worst first. @param advisories those of an item that are told of */
export function flawsOf(
  items: readonly OutdatedItem[],
  advisories: (item: OutdatedItem) => readonly ItemAdvisory[],
): Flaw[] {
  const found = new Map<string, { advisory: ItemAdvisory; items: [OutdatedItem, ...OutdatedItem[]] }>();
  for (const item of items)
    for (const advisory of advisories(item)) {
      const source = advisory.subject.source?.name ?? item.name;
      const key = [item.kind, source, advisory.flaw, item.locked, advisory.closedBy].join(' ');
      const known = found.get(key);
      if (known === undefined) found.set(key, { advisory, items: [item] });
      else known.items.push(item);
    }
  return [...found.values()].toSorted((a, b) => worstFirst(a.advisory, b.advisory));
}
