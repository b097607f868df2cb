import type { Hold } from '../build/index.ts';
import type { Change } from './changes.ts';
import { bareName } from './names.ts';

/** Until when, and for what reason. */
type Terms = Pick<Hold, 'until' | 'why'>;

/**
 * Holds of all that went back to an earlier lock. A distribution that went back as a whole is held so; packages of it that
 * had been moved alone, by their names.
 */
export function holdsOfRevert(changes: readonly Change[], { until, why }: Terms): Hold[] {
  // An image that comes back had been left for one of a later tag.
  const moved = changes.filter(
    ({ what, section }) =>
      what === 'moved' || what === 'rebuilt' || (what === 'added' && section === 'image'),
  );
  const archiveWentBack = changes.some(({ section }) => section === 'archives');
  const names = moved.flatMap(({ section, name }) => {
    // Dates of archives move with the packages; what is not locked cannot be held.
    if (section === 'archives' || section === 'unlocked') return [];
    if (section === 'apk' || section === 'rpm' || (section === 'apt' && archiveWentBack)) return [section];
    // A repository's ref and a file's answer stand behind the URL, a method before it.
    const isPlace = section === 'git' || section === 'file';
    return [(isPlace ? name.split(' ').find(part => URL.canParse(part)) : undefined) ?? bareName(name)];
  });
  return [...new Set(names)].map(name => ({ name, until, why }));
}
