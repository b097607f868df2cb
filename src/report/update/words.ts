import type { AdvisoryFact, ExplainedChange, Reason, UpdateExplanation } from '../../update/index.ts';
import { formatBytes } from '../units.ts';

/** Whether it may be taken: what was tried, and how the image's size changed. */
export function verdictParts({ verdict, images, changes }: UpdateExplanation): string[] {
  const { builds, tests, opened } = verdict;
  const made = builds === 1 ? 'the image was built' : `${builds} images were built`;
  return [
    tests === 0 ? 'Tests: none were run' : `Tests: ${tests} passed`,
    `Build: ${made} ${changes.length === 0 ? 'again' : 'from what moved'}`,
    ...(opened.length === 0 ? [] : [`Opens ${opened.flatMap(({ ids: [id = '?'] }) => id).join(', ')}`]),
    ...images.map(({ build, from, to, size }) => {
      const name = build === undefined ? 'Size' : `Size (${build})`;
      const bytes = [size.from, size.to].map(one => (one === undefined ? '?' : formatBytes(one)));
      return from === to ? `${name}: the same image` : `${name}: ${bytes[0]} → ${bytes[1]}`;
    }),
  ];
}

/** What an update leaves open. */
export function stillOpenText(fact: AdvisoryFact): string {
  const { ids, package: name } = fact;
  return `still open: ${ids[0] ?? '?'} in ${name} (${factDetails(fact)})`;
}

/** How bad it is and who says so, and what closes it. */
function factDetails({ severity, source, fixedIn, note }: AdvisoryFact): string {
  const judged = severity === undefined ? source : `${severity}, ${source}`;
  return [judged, fixedIn === undefined ? undefined : `fixed in ${fixedIn}`, note]
    .filter(part => part !== undefined)
    .join('; ');
}

/** What brought the update about, and what there is to say of it. */
export interface ReasonWords {
  readonly what: string;
  readonly details: string;
}

export function reasonWords(reason: Reason): ReasonWords {
  switch (reason.why) {
    case 'security':
      return { what: `${reason.ids.join(', ')} in ${reason.package}`, details: factDetails(reason) };
    case 'archive-moved':
      return { what: `${reason.archive} moved`, details: `${dayOf(reason.from)} → ${dayOf(reason.to)}` };
    case 'tag-moved':
      return { what: `${reason.from} has a later tag`, details: reason.to };
    case 'image-rebuilt':
      return { what: `${reason.reference} is another image now`, details: 'its tag was moved' };
    case 'file-changed':
      return { what: `${reason.url} answers other bytes`, details: '' };
    case 'released':
      return { what: `newer releases of ${reason.section}`, details: String(reason.count) };
    case 'went-back':
      return {
        what: `older releases of ${reason.section}: what is newer is offered no more, or does not fit`,
        details: String(reason.count),
      };
  }
}

/** Changes that a reader takes in together. */
export interface ChangeGroup {
  readonly title: string;
  readonly changes: readonly ExplainedChange[];
}

/** What is pressing, then what somebody asked for, then what came along. */
export function changeGroups(changes: readonly ExplainedChange[]): ChangeGroup[] {
  const isFix = ({ closes }: ExplainedChange) => closes.length > 0;
  const others = changes.filter(change => !isFix(change));
  const groups = [
    { title: 'closing an advisory', changes: changes.filter(isFix) },
    { title: 'named by a command', changes: others.filter(({ direct }) => direct) },
    { title: 'needed by what is named', changes: others.filter(({ direct }) => !direct) },
  ];
  return groups.filter(group => group.changes.length > 0);
}

const dayOf = (date: string) => date.replace(/T00:00:00Z$/, '');

const shortHash = 12;

/** A version as a reader sees it: digests and commits shortened. */
export function shortVersion(version: string): string {
  return version.replace(/\b[0-9a-f]{40,64}\b/, hash => hash.slice(0, shortHash));
}
