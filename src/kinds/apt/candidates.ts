/** What apt would install of each name: the highest version over all enabled suites, and who provides what. */

import type { PackageRecord } from './packages.ts';
import { constraintMet, relationsOf, type Relation } from './dependency.ts';
import { compareVersions } from './version.ts';

/** One package that could be installed, and where it comes from. */
export interface Candidate<Origin> {
  readonly record: PackageRecord;
  readonly origin: Origin;
}

interface Provider<Origin> {
  readonly candidate: Candidate<Origin>;
  /** The version in `Provides: name (= version)`. */
  readonly version: string | undefined;
}

const priorities = ['required', 'important', 'standard', 'optional', 'extra'];

export class Candidates<Origin> {
  readonly architecture: string;
  readonly #byName = new Map<string, Candidate<Origin>>();
  readonly #providers = new Map<string, Provider<Origin>[]>();

  /** @param indexes the packages of each enabled suite; of equal versions the first index wins, as in apt. */
  constructor(
    indexes: Iterable<{ readonly origin: Origin; readonly packages: Iterable<PackageRecord> }>,
    architecture: string,
  ) {
    this.architecture = architecture;
    for (const { origin, packages } of indexes) {
      for (const record of packages) {
        if (record.architecture !== architecture && record.architecture !== 'all') continue;
        const held = this.#byName.get(record.name);
        if (held === undefined || compareVersions(record.version, held.record.version) > 0)
          this.#byName.set(record.name, { record, origin });
      }
    }
    for (const candidate of this.#byName.values()) this.#addProvider(candidate);
    for (const providers of this.#providers.values()) providers.sort(byPreference);
  }

  get(name: string): Candidate<Origin> | undefined {
    return this.#byName.get(name);
  }

  /** All candidates, sorted by name. */
  all(): Candidate<Origin>[] {
    return [...this.#byName.values()].sort((a, b) => compareText(a.record.name, b.record.name));
  }

  /** What satisfies the relation, the preferred first: the package of that name, then the providers of it. */
  satisfying(relation: Relation): Candidate<Origin>[] {
    const real = this.#byName.get(relation.name);
    const found =
      real !== undefined &&
      this.#architectureMet(relation, real.record) &&
      constraintMet(relation, real.record.version)
        ? [real]
        : [];
    for (const { candidate, version } of this.#providers.get(relation.name) ?? []) {
      if (!this.#architectureMet(relation, candidate.record)) continue;
      if (constraintMet(relation, version) && !found.includes(candidate)) found.push(candidate);
    }
    return found;
  }

  /**
   * Only this architecture and `all` are candidates, so a qualifier matters little: `:any` asks for a package that
   * says `Multi-Arch: allowed`, as dpkg does, and a foreign architecture is never met.
   */
  #architectureMet({ qualifier }: Relation, record: PackageRecord): boolean {
    switch (qualifier) {
      case undefined:
      case 'native':
        return true;
      case 'any':
        return record.field('Multi-Arch') === 'allowed';
      default:
        return qualifier === this.architecture;
    }
  }

  #addProvider(candidate: Candidate<Origin>): void {
    for (const [relation] of relationsOf(candidate.record, 'Provides')) {
      if (relation === undefined) continue;
      const providers = this.#providers.get(relation.name) ?? [];
      providers.push({ candidate, version: relation.version?.wanted });
      this.#providers.set(relation.name, providers);
    }
  }
}

/** Among the providers of a virtual package: essential ones, then by priority, then by name. */
function byPreference<Origin>(a: Provider<Origin>, b: Provider<Origin>): number {
  const left = a.candidate.record;
  const right = b.candidate.record;
  return (
    Number(right.essential) - Number(left.essential) ||
    rank(left) - rank(right) ||
    compareText(left.name, right.name)
  );
}

function rank(record: PackageRecord): number {
  const index = priorities.indexOf(record.priority);
  return index < 0 ? priorities.length : index;
}

/** By UTF-16 code units: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
