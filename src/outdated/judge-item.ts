import { advisoriesOn, type Judge, type Subject } from '../advisories/index.ts';
import { kinds, type LookUp } from '../kinds/index.ts';
import type { InventoryItem } from './inventory.ts';
import type { ItemAdvisory } from './report.ts';

/** Whether upstream has something else than what is locked: newer, where there is an order, else different. */
export function movesTo({ kind, from, input }: InventoryItem, lookUp: LookUp | undefined): boolean {
  if (lookUp?.state !== 'ok') return false;
  const order = from === 'archives' ? undefined : kinds.find(({ name }) => name === kind)?.versions;
  const { version } = lookUp.newest;
  return order === undefined ? version !== input.version : order.compare(version, input.version) > 0;
}

/**
 * The flaws of an item, and for each what would close it.
 * @param inNewImage the package as the base image of now has it, where that is known
 */
export function advisoriesOf(
  { subject, from }: InventoryItem,
  lookUp: LookUp | undefined,
  inNewImage: Subject | undefined,
  judge: Judge,
): ItemAdvisory[] {
  if (subject === undefined) return [];
  const found = advisoriesOn(subject, judge);
  if (found.length === 0) return [];
  const left = (moved: Subject | undefined) =>
    moved &&
    new Set(
      advisoriesOn(moved, judge)
        .filter(isOpenState)
        .map(({ flaw }) => flaw),
    );
  const [inRange, newest] =
    lookUp?.state === 'ok' ? [lookUp.inRange, lookUp.newest].map(one => left(movedTo(subject, one))) : [];
  const image = left(inNewImage);
  return found.map(advisory => ({
    ...advisory,
    closedBy: closedBy(advisory.flaw, from, { inRange, newest, image }),
  }));
}

type Left = ReadonlySet<string> | undefined;

function closedBy(
  flaw: string,
  from: InventoryItem['from'],
  { inRange, newest, image }: Readonly<Record<'inRange' | 'newest' | 'image', Left>>,
): ItemAdvisory['closedBy'] {
  const isClosed = (left: Left) => left?.has(flaw) === false;
  if (from === 'base') return isClosed(image) ? 'image' : isClosed(newest) ? 'upgrade' : undefined;
  if (isClosed(inRange)) return 'in-range';
  return isClosed(newest) ? 'newest' : undefined;
}

const isOpenState = ({ state }: { readonly state: 'open' | 'closed' }) => state === 'open';

/** The same package at another version; of a distribution's, its source moves with it. */
function movedTo(subject: Subject, { version, source }: Extract<LookUp, { state: 'ok' }>['newest']): Subject {
  if (version === subject.version) return subject;
  const own = subject.kind === 'apk' && subject.source ? { ...subject.source, version } : undefined;
  return { ...subject, version, source: source ?? own };
}
