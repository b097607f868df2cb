/** Which packages must move with one that moves, so that apt finds the rest of the system as it is. */

import { upstreamError, usageError } from '../../core/index.ts';
import type { Candidate, Candidates } from './candidates.ts';
import { answers, constraintMet, relationsOf, type Alternatives, type Relation } from './dependency.ts';
import { stanzas } from './deb822.ts';
import { parsePackages, type PackageRecord } from './packages.ts';

/** More is no package that moves alone. */
const mostMoved = 200;

/** What a system holds: what dpkg says is installed, and what else the lock has, of which only the version is known. */
export interface LockedSystem {
  readonly installed: readonly PackageRecord[];
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * The new versions of the packages that are named, and of those that these need to be installed: what they depend on
 * in a version that is not there, what is there and depends on the old one, what they break. Whether it can be is for
 * apt to say; it is offered these and nothing else that is new.
 * @throws HoldfastError APT_NOT_OFFERED (exit 5), UPDATE_NOT_ALONE (exit 2)
 */
export function movedAlone<Origin>(
  names: readonly string[],
  { installed, versions }: LockedSystem,
  fresh: Candidates<Origin>,
): Candidate<Origin>[] {
  const moved = new Map<string, Candidate<Origin>>();
  const queue = [...names];
  const rest = () => installed.filter(({ name }) => !moved.has(name));
  const isThere = (relation: Relation) =>
    [...moved.values()].some(({ record }) => answers(record, relation)) ||
    rest().some(record => answers(record, relation)) ||
    (!moved.has(relation.name) &&
      versions.has(relation.name) &&
      constraintMet(relation, versions.get(relation.name)));

  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (moved.has(name)) continue;
    const candidate = fresh.get(name);
    if (candidate === undefined) {
      if (names.includes(name)) throw notOffered(name);
      continue;
    }
    moved.set(name, candidate);
    if (moved.size > mostMoved) throw notAlone(names);
    for (const group of needsOf(candidate.record))
      if (!group.some(isThere)) queue.push(...provider(group, fresh));
    queue.push(...brokenBy(candidate.record, rest()), ...strandedBy(name, rest(), isThere));
  }
  return [...moved.values()].filter(({ record }) => versionOf(record.name) !== record.version);

  function versionOf(name: string): string | undefined {
    return installed.find(record => record.name === name)?.version ?? versions.get(name);
  }
}

function needsOf(record: PackageRecord): readonly Alternatives[] {
  return [...relationsOf(record, 'Pre-Depends'), ...relationsOf(record, 'Depends')];
}

function provider<Origin>(group: Alternatives, fresh: Candidates<Origin>): string[] {
  for (const relation of group) {
    const [first] = fresh.satisfying(relation);
    if (first !== undefined) return [first.record.name];
  }
  return [];
}

function brokenBy(record: PackageRecord, rest: readonly PackageRecord[]): string[] {
  const refused = [...relationsOf(record, 'Breaks'), ...relationsOf(record, 'Conflicts')].flat();
  return rest
    .filter(other => other.name !== record.name && refused.some(relation => answers(other, relation)))
    .map(({ name }) => name);
}

/** What asked for the version that goes. */
function strandedBy(
  name: string,
  rest: readonly PackageRecord[],
  isThere: (relation: Relation) => boolean,
): string[] {
  return rest
    .filter(other =>
      needsOf(other).some(
        group => group.some(relation => relation.name === name) && !group.some(relation => isThere(relation)),
      ),
    )
    .map(other => other.name);
}

/** What dpkg says is installed, with all its fields. @param text of `var/lib/dpkg/status` */
export function statusRecords(text: string): PackageRecord[] {
  const malformed = (line: number, reason: string) =>
    upstreamError('APT_STATUS_MALFORMED', `var/lib/dpkg/status, line ${line}: ${reason}`, {
      next: 'Find the step that writes this file other than by dpkg.',
    });
  const installed = text
    .split(/\n[ \t]*\n/)
    .filter(stanza => /^Status:.* (?:installed|triggers-\w+)$/m.test(stanza));
  // Read once by the strict reader, which says where something is wrong.
  for (const _stanza of stanzas(installed.join('\n\n'), malformed));
  return parsePackages(Buffer.from(installed.join('\n\n')), 'var/lib/dpkg/status');
}

function notOffered(name: string) {
  return upstreamError('APT_NOT_OFFERED', `no archive that the image knows offers ${name}`, {
    next: 'Name the kind, apt, to move all of the distribution.',
  });
}

function notAlone(names: readonly string[]) {
  return usageError('UPDATE_NOT_ALONE', `${names.join(', ')} would move more than ${mostMoved} packages`, {
    next: 'Name the kind, apt, to move all of the distribution.',
  });
}
