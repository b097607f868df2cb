import type { ItemAdvisory, OutdatedItem } from '../../outdated/index.ts';
import { printable } from '../units.ts';

const shortHash = 12;

/** A version as people read it: of a digest or a commit the first letters. */
export function shortVersion(version: string): string {
  return printable(
    version.replace(/^(sha256:)?([0-9a-f]{40,64})$/, (_, _prefix, hash: string) => hash.slice(0, shortHash)),
  );
}

/** `1.0 → 9.1 (1.4 in range)` */
export function moveText({ locked, lookUp, moves }: OutdatedItem): string {
  if (lookUp?.state !== 'ok' || !moves) return shortVersion(locked);
  const { newest, inRange } = lookUp;
  const near =
    inRange.version === newest.version
      ? ''
      : inRange.version === locked
        ? ' (out of range)'
        : ` (${shortVersion(inRange.version)} in range)`;
  return `${shortVersion(locked)} → ${shortVersion(newest.version)}${near}`;
}

/** `5 days`, and by whose clock: archives and indexes are not their publishers'. */
export function ageText({ age, lookUp, moves }: OutdatedItem): string {
  const since = lookUp?.state === 'ok' && moves ? lookUp.newest.since : undefined;
  if (since === undefined || age === undefined) return '';
  const clock = { snapshot: '', index: '', 'first-seen': ' at least' }[since.clock];
  return `${daysText(age)} old${clock}`;
}

function daysText(days: number): string {
  if (days === 0) return 'under a day';
  if (days === 1) return '1 day';
  if (days < 60) return `${days} days`;
  return days < 730 ? `${Math.round(days / 30.4)} months` : `${Math.round(days / 365)} years`;
}

export function severityText({ severity }: ItemAdvisory): string {
  return severity?.level ?? 'unknown';
}

const levels = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

/** For sorting. */
export function worstFirst(a: ItemAdvisory, b: ItemAdvisory): number {
  return levels.indexOf(severityText(a)) - levels.indexOf(severityText(b));
}

/** What closes it, or that nothing does yet. */
export function remedyText({ closedBy, partly, fixedIn }: ItemAdvisory, item: OutdatedItem): string {
  const fixed = fixedIn === undefined ? 'no fix yet' : `fixed in ${printable(fixedIn)}`;
  switch (closedBy) {
    case 'in-range':
    case 'newest':
      return `${fixed}, closed by moving`;
    case 'image':
      return `${fixed}, closed by moving the base image`;
    case 'upgrading-step':
      return partly
        ? `${fixed}, closed by moving in images whose steps upgrade it; others have it too`
        : `${fixed}, closed by moving: a step upgrades it`;
    case 'upgrade':
      return `${fixed}; upgrade it in a step, or take a newer base image`;
    case undefined:
      if (fixedIn === undefined) return fixed;
      if (item.lookUp !== undefined && item.lookUp.state !== 'ok')
        return `${fixed}; whether it is to be had, the look-up that failed would say`;
      // Where nobody asked an archive, nobody knows that it is not there.
      return item.from === 'base' && item.lookUp === undefined
        ? `${fixed}, which the base image does not have yet; no step upgrades it`
        : `${fixed}, which is not there to be had yet`;
  }
}

/** Who says how bad it is, what they say of it otherwise, and in what they differ. */
export function detailTexts({
  severity,
  otherSeverities,
  note,
  disagreement,
  vex,
  summary,
}: ItemAdvisory): string[] {
  const judged = [...(severity ? [severity] : []), ...otherSeverities].map(
    ({ level, score, whose }) => `${whose}: ${level}${score === undefined ? '' : ` ${score}`}`,
  );
  const said =
    vex === undefined
      ? undefined
      : `${vex.status.replaceAll('_', ' ')} says ${vex.from}${vex.justification === undefined ? '' : ` (${vex.justification})`}`;
  return [
    [judged.join(', '), note].filter(Boolean).join('; '),
    disagreement === undefined ? '' : `feeds differ: ${disagreement}`,
    said ?? '',
    (summary ?? '').slice(0, 120),
  ]
    .map(printable)
    .filter(text => text !== '');
}

export function nameText({
  name,
  architecture,
  from,
}: Pick<OutdatedItem, 'name' | 'architecture' | 'from'>): string {
  if (from === 'frontend') return printable(`${name} (# syntax)`);
  const arch =
    architecture === undefined || architecture === 'all' || from === 'base' ? '' : ` (${architecture})`;
  return printable(name + arch);
}

/** Three of them by name. */
export function packagesText(items: readonly OutdatedItem[]): string {
  const names = [...new Set(items.map(nameText))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** `for web, worker`; nothing where there are no services. */
export function servicesText({ services = [] }: Pick<OutdatedItem, 'services'>): string {
  if (services.length === 0) return '';
  const shown = services.slice(0, 4).map(printable).join(', ');
  return `for ${shown}${services.length > 4 ? ` and ${services.length - 4} more` : ''}`;
}
