import { kinds } from '../../kinds/index.ts';
import type { Change } from '../changes.ts';
import { bareName, sameName } from '../names.ts';
import type { TagMove } from '../tags/index.ts';
import type { ClosedAdvisory, Reason } from './explanation.ts';

/** Why things moved, most pressing first: weaknesses, then what others did, then that there was something newer. */
export function reasonsFor(
  changes: readonly Change[],
  closed: readonly ClosedAdvisory[],
  tags: readonly TagMove[],
): Reason[] {
  const moved = changes.filter(({ what }) => what === 'moved' || what === 'rebuilt');
  const of = (section: Change['section']) => moved.filter(change => change.section === section);
  const places: readonly Change['section'][] = ['image', 'archives', 'file', 'git', 'unlocked', 'frontend'];
  const packages = moved.filter(
    change => !places.includes(change.section) && closes(change, closed).length === 0,
  );
  const counts = (why: 'released' | 'went-back', some: readonly Change[]) =>
    [...Map.groupBy(some, ({ section }) => section)].map(([section, { length: count }]) => ({
      why,
      section,
      count,
    }));
  return [
    ...closed,
    ...of('archives').map(({ name, from, to }) => ({
      why: 'archive-moved' as const,
      archive: name,
      from: from.at(-1) ?? '',
      to: to.at(-1) ?? '',
    })),
    ...tags.map(({ from, to }) => ({ why: 'tag-moved' as const, from, to })),
    ...[...of('image'), ...of('frontend')].map(({ name }) => ({
      why: 'image-rebuilt' as const,
      reference: bareName(name),
    })),
    ...of('file').map(({ name }) => ({ why: 'file-changed' as const, url: name })),
    ...counts(
      'released',
      packages.filter(change => !wentBack(change)),
    ),
    ...counts('went-back', packages.filter(wentBack)),
  ];
}

function wentBack({ section, from, to }: Change): boolean {
  const order = kinds.find(({ name }) => name === section)?.versions;
  const [before, after] = [from.at(-1), to.at(-1)];
  return (
    order !== undefined && before !== undefined && after !== undefined && order.compare(after, before) < 0
  );
}

/** The advisories that a change closes. */
export function closes({ section, name }: Change, closed: readonly ClosedAdvisory[]): string[] {
  const own = closed.filter(({ inputs }) =>
    inputs.some(one => one.section === section && sameName(section, one.name, bareName(name))),
  );
  return own.flatMap(({ ids: [id] }) => id ?? []);
}
