/**
 * The packages of a base system. This is no general solver: of each name there is one candidate, the highest version,
 * and a choice once made stands. That is what debootstrap-like tools and apt do for a set without conflicts, and
 * a set with conflicts is reported, not guessed around.
 */

import { upstreamError, type HoldfastError } from '../../core/index.ts';
import { compareText, type Candidate, type Candidates } from './candidates.ts';
import { answers, formatAlternatives, formatRelation, relationsOf, type Alternatives } from './dependency.ts';
import type { PackageRecord } from './packages.ts';

export interface BaseSystem {
  /** Names to take besides the required ones, for example `apt`. */
  readonly names: readonly string[];
  /** Priorities to take whole; default `['required']`. Essential packages are always taken. */
  readonly priorities?: readonly string[];
}

export interface Resolved<Origin> extends Candidate<Origin> {
  /** The name of the package that asked for this one first; undefined for what was asked for itself. */
  readonly askedBy: string | undefined;
}

/**
 * The closure over Pre-Depends and Depends, sorted by name: the same for equal archives, however they were fetched.
 * Of alternatives, one that is there anyway is used; else the first whose own needs can be met without a conflict.
 * @throws HoldfastError APT_UNSATISFIABLE (exit 5): `details` holds the chain from what was asked for to what is missing.
 */
export function resolveBase<Origin>(candidates: Candidates<Origin>, base: BaseSystem): Resolved<Origin>[] {
  const priorities = base.priorities ?? ['required'];
  const selection = new Selection(candidates);
  for (const candidate of candidates.all()) {
    const { essential, priority } = candidate.record;
    if (essential || priorities.includes(priority)) selection.add(candidate, undefined);
  }
  for (const name of base.names) {
    const [found] = candidates.satisfying({ name, qualifier: undefined, version: undefined });
    if (found === undefined) throw notThere(name);
    selection.add(found, undefined);
  }
  selection.close();
  return selection.sorted();
}

interface Need {
  readonly from: string;
  readonly alternatives: Alternatives;
}

/** What is taken so far. `add` then `close`; a copy tries out a choice. */
class Selection<Origin> {
  readonly #candidates: Candidates<Origin>;
  readonly #taken: Map<string, Resolved<Origin>>;
  readonly #needs: Need[];

  constructor(
    candidates: Candidates<Origin>,
    taken: ReadonlyMap<string, Resolved<Origin>> = new Map(),
    needs: readonly Need[] = [],
  ) {
    this.#candidates = candidates;
    this.#taken = new Map(taken);
    this.#needs = [...needs];
  }

  /** @throws HoldfastError APT_UNSATISFIABLE where it conflicts with what is taken */
  add(candidate: Candidate<Origin>, askedBy: string | undefined): void {
    const { record } = candidate;
    if (this.#taken.has(record.name)) return;
    const other = [...this.#taken.values()].find(
      taken => excludes(taken.record, record) || excludes(record, taken.record),
    );
    this.#taken.set(record.name, { ...candidate, askedBy });
    if (other !== undefined) throw this.#conflict(record, other.record);
    for (const alternatives of [...relationsOf(record, 'Pre-Depends'), ...relationsOf(record, 'Depends')])
      this.#needs.push({ from: record.name, alternatives });
  }

  /** Takes what is needed until nothing is: first all that leaves no choice, then choices, one by one. */
  close(): void {
    const choices: Need[] = [];
    for (;;) {
      choices.push(...this.#closeForced());
      choices.sort(byNeed);
      const choice = choices.shift();
      if (choice === undefined) return;
      if (!this.#met(choice)) this.#choose(choice);
    }
  }

  sorted(): Resolved<Origin>[] {
    return [...this.#taken.values()].sort((a, b) => compareText(a.record.name, b.record.name));
  }

  #closeForced(): Need[] {
    const choices: Need[] = [];
    for (let need = this.#needs.shift(); need !== undefined; need = this.#needs.shift()) {
      if (this.#met(need)) continue;
      const options = this.#options(need);
      const [only] = options;
      if (only === undefined) throw this.#unsatisfiable(need);
      if (options.length === 1) this.add(only, need.from);
      else choices.push(need);
    }
    return choices;
  }

  #choose(need: Need): void {
    let failure: unknown;
    for (const option of this.#options(need)) {
      const trial = new Selection(this.#candidates, this.#taken);
      try {
        trial.add(option, need.from);
        trial.#closeForced();
      } catch (error) {
        failure ??= error;
        continue;
      }
      this.add(option, need.from);
      return;
    }
    throw failure;
  }

  #options({ alternatives }: Need): Candidate<Origin>[] {
    return [...new Set(alternatives.flatMap(relation => this.#candidates.satisfying(relation)))];
  }

  #met(need: Need): boolean {
    return this.#options(need).some(option => this.#taken.has(option.record.name));
  }

  #chain(name: string): string[] {
    const chain: string[] = [];
    for (let at: string | undefined = name; at !== undefined; at = this.#taken.get(at)?.askedBy) {
      const record = this.#taken.get(at)?.record;
      chain.unshift(record === undefined ? at : `${record.name} ${record.version}`);
    }
    return chain;
  }

  #unsatisfiable({ from, alternatives }: Need): HoldfastError {
    const there = alternatives.map(relation => {
      const held = this.#candidates.get(relation.name)?.record.version;
      return `${formatRelation(relation)}: ${held === undefined ? 'no such package' : `the candidate is ${held}`}`;
    });
    const wanted = formatAlternatives(alternatives);
    const chain = [...this.#chain(from), wanted].join(' → ');
    return upstreamError(
      'APT_UNSATISFIABLE',
      `${from} depends on ${wanted}, which the archive does not have`,
      {
        next: 'Enable every suite of the distribution (main, updates, security), all as of one time.',
        details: [chain, ...there],
      },
    );
  }

  #conflict(added: PackageRecord, other: PackageRecord): HoldfastError {
    return upstreamError('APT_UNSATISFIABLE', `${added.name} and ${other.name} exclude each other`, {
      next: 'Ask for one of them only, or use suites that belong together.',
      details: [this.#chain(added.name).join(' → '), this.#chain(other.name).join(' → ')],
    });
  }
}

/** Whether `record` declares Conflicts or Breaks that hit `other`, by its name or by what it provides. */
function excludes(record: PackageRecord, other: PackageRecord): boolean {
  if (record.name === other.name) return false;
  const declared = [...relationsOf(record, 'Conflicts'), ...relationsOf(record, 'Breaks')];
  return declared.some(([relation]) => relation !== undefined && answers(other, relation));
}

function byNeed(a: Need, b: Need): number {
  return (
    compareText(a.from, b.from) ||
    compareText(formatAlternatives(a.alternatives), formatAlternatives(b.alternatives))
  );
}

function notThere(name: string): HoldfastError {
  return upstreamError('APT_UNSATISFIABLE', `the archive has no package ${name}`, {
    next: 'Check the spelling, and that the suite and component which hold it are enabled.',
  });
}
