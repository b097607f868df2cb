import { counted } from '../../core/index.ts';
import type { Change } from '../changes.ts';
import type { ClosedAdvisory } from './explanation.ts';

/** Names that a title has room for. */
const mostNames = 2;

/** What moved, in one line: `Update flask 3.0.2 → 3.1.0`, `Update 14 apt packages and 2 images (3 advisories closed)`. */
export function titleOf(changes: readonly Change[], closed: readonly ClosedAdvisory[]): string {
  const moved = changes.filter(({ what, section }) => what !== 'removed' && section !== 'archives');
  const all = moved.length > 0 ? moved : changes;
  const what =
    all.length === 0
      ? 'Nothing moved'
      : all.length <= mostNames
        ? `Update ${all.map(named).join(', ')}`
        : `Update ${countsOf(all)}`;
  const ids = new Set(closed.flatMap(({ ids: [id] }) => id ?? []));
  return ids.size === 0 ? what : `${what} (${counted(ids.size, 'advisory', 'advisories')} closed)`;
}

function named({ section, name, from, to, what }: Change): string {
  const hasVersions = !['image', 'file', 'git', 'unlocked', 'frontend'].includes(section);
  return hasVersions && what === 'moved' ? `${name} ${from.join(', ')} → ${to.join(', ')}` : name;
}

function countsOf(changes: readonly Change[]): string {
  const groups = [...Map.groupBy(changes, ({ section }) => section)];
  const parts = groups.map(([section, { length }]) => counted(length, nounOf(section)));
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');
}

function nounOf(section: string): string {
  if (['image', 'file', 'frontend'].includes(section)) return section;
  const others: Readonly<Record<string, string>> = {
    archives: 'archive',
    git: 'git commit',
    unlocked: 'unlocked input',
  };
  return others[section] ?? `${section} package`;
}
