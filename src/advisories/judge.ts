import { closes, vexOn, type VexStatement } from './vex/vex.ts';
import { levels, type Feed, type Severity, type Statement } from './statement.ts';
import type { Subject } from './subject.ts';

/** A flaw that a package has, as far as the feeds know. */
export interface Advisory {
  /** Its CVE where it has one. */
  readonly flaw: string;
  /** Other names that feeds have for it. */
  readonly ids: readonly string[];
  readonly subject: Subject;
  /** Open; or closed by somebody's statement that it does no harm here. */
  readonly state: 'open' | 'closed';
  readonly severity: Severity | undefined;
  /** What others than the first judge say of its weight. */
  readonly otherSeverities: readonly Severity[];
  readonly fixedIn: string | undefined;
  readonly summary: string | undefined;
  readonly url: string | undefined;
  /** What the feed says of its weight. */
  readonly note: string | undefined;
  /** Its distribution holds it for no security problem; shown, and no finding. */
  readonly unimportant: boolean;
  /** The feeds that tell of it, the one that decided first. */
  readonly feeds: readonly string[];
  /** In which the feeds differ, for people; nothing where they agree. */
  readonly disagreement: string | undefined;
  readonly vex: VexStatement | undefined;
}

/** All feeds and statements that are at hand. */
export interface Judge {
  readonly feeds: readonly Feed[];
  readonly vex: readonly VexStatement[];
}

/**
 * The flaws that a package has, the worst first. Where a feed decides for the package, only its word counts on the
 * flaws that it knows; else one feed that says so is enough.
 */
export function advisoriesOn(subject: Subject, { feeds, vex }: Judge): Advisory[] {
  const deciding = new Set(feeds.filter(feed => feed.decidesFor(subject)).map(({ name }) => name));
  const byFlaw = new Map<string, Statement[]>();
  for (const feed of feeds)
    for (const statement of feed.statementsOn(subject)) {
      const others = byFlaw.get(statement.flaw);
      if (others === undefined) byFlaw.set(statement.flaw, [statement]);
      else others.push(statement);
    }
  return [...byFlaw.values()]
    .flatMap(statements => advisoryOf(subject, statements, deciding, vex))
    .toSorted(byWeight);
}

function byWeight(a: Advisory, b: Advisory): number {
  const level = ({ severity }: Advisory) => levels.indexOf(severity?.level ?? 'unknown');
  const score = ({ severity }: Advisory) => severity?.score ?? 0;
  return (
    Number(a.state === 'closed') - Number(b.state === 'closed') ||
    Number(a.unimportant) - Number(b.unimportant) ||
    level(a) - level(b) ||
    score(b) - score(a) ||
    (a.flaw < b.flaw ? -1 : Number(a.flaw > b.flaw))
  );
}

function advisoryOf(
  subject: Subject,
  statements: readonly Statement[],
  deciding: ReadonlySet<string>,
  vex: readonly VexStatement[],
): Advisory[] {
  const decided = statements.filter(({ feed, state }) => deciding.has(feed) && state !== 'undetermined');
  const weighed = decided.length > 0 ? decided : statements;
  const first = weighed.find(({ state }) => state === 'affected');
  if (first === undefined) return [];
  const ordered = [first, ...statements.filter(one => one !== first)];
  const names = new Set(ordered.flatMap(({ flaw, ids }) => [flaw, ...ids]));
  const said = vexOn(vex, subject, names);
  const severities = ordered.flatMap(({ severity }) => severity ?? []).filter(isFirstOfItsJudge);
  return [
    {
      flaw: first.flaw,
      ids: [...names].filter(name => name !== first.flaw),
      subject,
      state: said !== undefined && closes(said) ? 'closed' : 'open',
      severity: severities[0],
      otherSeverities: severities.slice(1),
      fixedIn: weighed.find(({ fixedIn }) => fixedIn !== undefined)?.fixedIn,
      summary: ordered.find(({ summary }) => summary !== undefined)?.summary,
      url: first.url,
      note: first.note,
      unimportant: first.unimportant === true,
      feeds: [...new Set(ordered.map(({ feed }) => feed))],
      disagreement: disagreementOf(ordered),
      vex: said,
    },
  ];
}

function isFirstOfItsJudge({ whose }: Severity, at: number, all: readonly Severity[]): boolean {
  return all.findIndex(other => other.whose === whose) === at;
}

/** Feeds that say nothing of the flaw do not disagree: they may not know of it yet. */
function disagreementOf(statements: readonly Statement[]): string | undefined {
  const views = statements
    .filter(({ state }) => state !== 'undetermined')
    .map(({ feed, state, fixedIn }) => ({
      feed,
      view: fixedIn === undefined ? stateText(state) : `fixed in ${fixedIn}`,
    }));
  if (new Set(views.map(({ view }) => view)).size < 2) return undefined;
  return views.map(({ feed, view }) => `${feed}: ${view}`).join('; ');
}

function stateText(state: Statement['state']): string {
  return state === 'affected' ? 'affected, no fix' : state.replace('-', ' ');
}
