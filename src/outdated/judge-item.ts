import { advisoriesOn, type Judge, type Subject } from '../advisories/index.ts';
import { kinds, type LookUp } from '../kinds/index.ts';
import type { InventoryItem } from './inventory.ts';
import type { MovedImage } from './moved-images.ts';
import type { ItemAdvisory } from './report.ts';

/** Whether upstream has something else than what is locked: newer, where there is an order, else different. */
export function movesTo({ kind, from, input }: InventoryItem, lookUp: LookUp | undefined): boolean {
  if (lookUp?.state !== 'ok') return false;
  const order = from === 'archives' ? undefined : kinds.find(({ name }) => name === kind)?.versions;
  const { version } = lookUp.newest;
  return order === undefined ? version !== input.version : order.compare(version, input.version) > 0;
}

/** What may close a flaw of a package that came with a base image. */
export interface BaseMoves {
  readonly images: readonly MovedImage[];
  /** For each build of the lock, the kinds of which its steps upgrade everything. */
  readonly upgraded: readonly ReadonlySet<string>[];
}

/** The flaws of an item, and for each what would close it. */
export function advisoriesOf(
  { subject, from, builds = [] }: InventoryItem,
  lookUp: LookUp | undefined,
  { images, upgraded }: BaseMoves,
  judge: Judge,
): ItemAdvisory[] {
  if (subject === undefined) return [];
  const found = advisoriesOn(subject, judge);
  if (found.length === 0) return [];
  const left = (moved: Subject | undefined): ReadonlySet<string> =>
    new Set(
      (moved === undefined ? [] : advisoriesOn(moved, judge)).filter(isOpenState).map(({ flaw }) => flaw),
    );
  const [inRange, newest] =
    lookUp?.state === 'ok' ? [lookUp.inRange, lookUp.newest].map(one => left(movedTo(subject, one))) : [];
  if (from !== 'base')
    return found.map(advisory => {
      const closes = (after: ReadonlySet<string> | undefined) => after?.has(advisory.flaw) === false;
      const closedBy = closes(inRange) ? 'in-range' : closes(newest) ? 'newest' : undefined;
      return { ...advisory, closedBy };
    });
  const own = images.filter(({ brought }) => brought(subject));
  const after = own.map(({ name, now }) => ({ name, left: left(now(subject)) }));
  const upgrading = builds.filter(n => upgraded[n]?.has(subject.kind) === true);
  const step = {
    closedBy: upgrading.length > 0 ? 'upgrading-step' : 'upgrade',
    ...(upgrading.length > 0 && upgrading.length < builds.length && { partly: true }),
  } as const;
  return found.map(advisory => {
    const closing = after.filter(one => !one.left.has(advisory.flaw)).map(({ name }) => name);
    if (closing.length > 0) return { ...advisory, closedBy: 'image', images: closing };
    if (newest?.has(advisory.flaw) !== false) return { ...advisory, closedBy: undefined };
    return { ...advisory, ...step };
  });
}

const isOpenState = ({ state }: { readonly state: 'open' | 'closed' }) => state === 'open';

/** The same package at another version; of a distribution's, its source moves with it. */
function movedTo(subject: Subject, { version, source }: Extract<LookUp, { state: 'ok' }>['newest']): Subject {
  if (version === subject.version) return subject;
  const own = subject.kind === 'apk' && subject.source ? { ...subject.source, version } : undefined;
  return { ...subject, version, source: source ?? own };
}
