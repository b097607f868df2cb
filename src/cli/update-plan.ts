import { NamespacesNeeded, type BuildRuntime, type Configuration, type Hold } from '../build/index.ts';
import type { MoveEffect } from '../advisories/index.ts';
import { counted, upstreamError, usageError } from '../core/index.ts';
import { npmRegistryOf } from '../kinds/index.ts';
import type { Lock } from '../lock/index.ts';
import {
  effectOfUpdate,
  isAsked,
  isFailed,
  securityMoves,
  youngerThan,
  type LockReport,
  type OutdatedReport,
  type SecurityMoves,
  type UpdateEffect,
} from '../outdated/index.ts';
import {
  daysIn,
  type AdvisoryEffect,
  kindsWithPast,
  movesInParts,
  selectionFrom,
  selectionOf,
  wholeSelection,
  type MinAge,
  type Selection,
} from '../update/index.ts';
import { lookUpLocks, withEffects, type LookUpOptions } from './look-up-locks.ts';

export interface PlanOptions {
  /** What `--only` named. */
  readonly only: readonly string[];
  readonly security: boolean;
  readonly minAge: string | undefined;
  readonly securityMinAge: string | undefined;
  readonly held: readonly Hold[];
}

/** What an update is to do. */
export interface UpdatePlan {
  readonly selection: Selection | undefined;
  readonly wholly: boolean;
  readonly minAge?: MinAge | undefined;
  /** For people: what waits, and what is held though it would close an advisory. */
  readonly notes: readonly string[];
}

/** Nothing moves, since no advisory is closed by a move that is not held and does not wait. */
export interface NoMove {
  readonly selection: 'nothing';
  readonly notes: readonly string[];
}

/**
 * What moves, once it is known what upstream has.
 * @throws HoldfastError UPDATE_LOOKUP_FAILED (exit 5), UPDATE_AGE, UPDATE_HELD (exit 2)
 */
export async function planUpdate(
  lockPath: string,
  options: PlanOptions,
  runtime: BuildRuntime,
  lookUp: LookUpOptions,
): Promise<UpdatePlan | NoMove> {
  const { only, security, minAge, held, securityMinAge } = options;
  if (securityMinAge !== undefined && minAge === undefined && !security)
    throw usageError('UPDATE_AGE', '--security-min-age says how long fixes wait, and nothing makes them', {
      next: 'Use it with --security or --min-age.',
    });
  if (!security && minAge === undefined)
    return { selection: selectionFrom(only, held), wholly: only.length === 0, notes: [] };
  const days = minAge === undefined ? 0 : daysIn(minAge);
  const fixDays = securityMinAge === undefined ? 0 : daysIn(securityMinAge);
  // It will have to run steps: what is looked up before the program starts again would be looked up twice.
  if (!runtime.canRunSteps) throw new NamespacesNeeded();
  const report = await lookUpLocks([lockPath], runtime, lookUp);
  const [lock] = report.locks;
  if (lock === undefined) throw new TypeError('one lock has one report');
  refuseFailures(report, lock, security);
  const fixes = securityMoves(lock, only);
  const young = youngerThan(lock, fixDays, lookUp.now);
  const ready = fixes.items.filter(item => !young.includes(item));
  const notes = [
    ...fixes.held.map(({ kind, name }) => `held, though a move closes an advisory: ${kind} ${name}`),
    ...fixes.items
      .filter(item => young.includes(item))
      .map(({ kind, name }) => `waits (--security-min-age): ${kind} ${name}`),
  ];
  if (security) {
    if (ready.length === 0) return { selection: 'nothing', notes };
    const wholes = ready.filter(({ kind }) => !movesInParts(kind)).map(({ kind }) => kind);
    const names = ready.filter(({ kind }) => movesInParts(kind)).map(({ name }) => name);
    const selection = selectionOf(wholes, names, new Set(held.map(({ name }) => name)));
    return { selection, wholly: false, notes };
  }
  return agedPlan(lock, { ...fixes, items: ready }, days, options, lookUp.now, notes);
}

/** Nothing moves while it is not known what there is: the lock stays as it is. */
function refuseFailures({ failures }: OutdatedReport, { items }: LockReport, security: boolean): void {
  const failed = items.filter(isFailed);
  const [feed] = failures;
  if (failed.length === 0 && (!security || feed === undefined)) return;
  const details = [
    ...failures.map(({ feed: name, why }) => `${name}: ${why}`),
    ...failed.flatMap(({ kind, name, lookUp }) =>
      lookUp === undefined || lookUp.state === 'ok' ? [] : [`${kind} ${name}: ${lookUp.why}`],
    ),
  ];
  throw upstreamError(
    'UPDATE_LOOKUP_FAILED',
    `${counted(details.length, 'look-up')} failed, the lock stays as it is`,
    {
      next: 'Run the command again later, or see `holdfast outdated`; advisories can be read from files too.',
      details,
    },
  );
}

/** With `--min-age`: kinds with a past move to that of so many days ago; of the others, what is younger waits. */
function agedPlan(
  lock: LockReport,
  fixes: SecurityMoves,
  days: number,
  { only, held }: PlanOptions,
  now: Date,
  notes: readonly string[],
): UpdatePlan {
  const isFix = new Set(fixes.items);
  const young = youngerThan(lock, days, now).filter(
    item => !isFix.has(item) && item.hold === undefined && isAsked(item, only),
  );
  const withoutPast = young.filter(({ kind }) => !kindsWithPast.has(kind));
  const waiting = withoutPast.map(({ kind, name }) => (movesInParts(kind) ? name : kind));
  const selection = selectionFrom(only, held) ?? wholeSelection(new Set());
  const kinds = new Set([...selection.kinds].filter(kind => !waiting.includes(kind)));
  const names = new Set([...selection.names].filter(name => !waiting.includes(name)));
  const exempt = fixes.items.filter(item => youngerThan(lock, days, now).includes(item));
  return {
    selection: { kinds, names, held: new Set([...selection.held, ...waiting]) },
    wholly: only.length === 0,
    minAge: {
      until: new Date(now.getTime() - days * 24 * 60 * 60 * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
      exempt: {
        kinds: new Set(
          exempt.filter(({ kind }) => ['apt', 'apk', 'rpm'].includes(kind)).map(({ kind }) => kind),
        ),
        names: new Set(exempt.map(({ name }) => name)),
      },
    },
    notes: [
      ...notes,
      ...young.map(({ kind, name, age }) => `waits: ${kind} ${name}, there for ${age ?? 0} of ${days} days`),
    ],
  };
}

/** Which advisories the update closed, left and opened. */
export function updateEffect(
  before: Lock,
  after: Lock,
  configuration: Configuration,
  runtime: BuildRuntime,
  lookUp: LookUpOptions,
): Promise<UpdateEffect> {
  const urls = [before, after].flatMap(({ inputs }) =>
    inputs.npm.map(({ url }) => npmRegistryOf(String(url)) ?? []),
  );
  return withEffects([configuration], runtime, lookUp, effects =>
    effectOfUpdate(before, after, configuration.advisories, [...new Set(urls.flat())], effects),
  );
}

/** As an update's explanation has them. */
export function advisoryFacts({ closed, opened, left }: MoveEffect): AdvisoryEffect {
  const facts = (advisories: MoveEffect['closed']) =>
    advisories.map(({ flaw, ids, severity, feeds, subject, fixedIn, note }) => ({
      ids: [flaw, ...ids],
      ...(severity && { severity: `${severity.level} (${severity.whose})` }),
      source: feeds[0] ?? '',
      package: subject.source?.name ?? subject.name,
      inputs: [{ section: subject.kind, name: subject.name }],
      fixedIn,
      note,
    }));
  return { closed: unique(facts(closed)), opened: unique(facts(opened)), left: unique(facts(left)) };
}

/** Packages that are built from one source share its flaws. */
function unique(facts: AdvisoryEffect['closed']): AdvisoryEffect['closed'] {
  const groups = Map.groupBy(facts, fact => `${fact.package} ${fact.ids[0]}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, inputs: [first, ...others].flatMap(({ inputs }) => inputs) }],
  );
}
