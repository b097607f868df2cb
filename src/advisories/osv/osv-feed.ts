import { kinds, type VersionOrder } from '../../kinds/index.ts';
import { plainName } from '../plain-name.ts';
import { baseScore, levelNamed, levelOfScore } from '../cvss.ts';
import { flawsOf, type Feed, type Severity, type Statement } from '../statement.ts';
import { namedIn, type Named, type Subject } from '../subject.ts';
import { outcomeFor } from './affected.ts';
import type { OsvAffected, OsvRecord } from './record.ts';

interface Entry {
  readonly record: OsvRecord;
  readonly affected: OsvAffected;
}

/** Records of the OSV schema, whoever wrote them. */
export function osvFeed(name: string, records: Iterable<OsvRecord>): Feed {
  const byPackage = new Map<string, Entry[]>();
  for (const record of records)
    for (const affected of record.affected) {
      const key = keyOf(affected);
      const entries = byPackage.get(key);
      if (entries === undefined) byPackage.set(key, [{ record, affected }]);
      else entries.push({ record, affected });
    }
  return {
    name,
    decidesFor: () => false,
    statementsOn: subject => {
      const named = namedIn(subject);
      const order = kinds.find(kind => kind.name === subject.kind)?.versions;
      if (named === undefined || order === undefined) return [];
      const entries = keysOf(named).flatMap(key => byPackage.get(key) ?? []);
      return merged(entries.flatMap(entry => statementsOf(entry, named, subject, order, name)));
    },
  };
}

/** What a suffix in brackets adds to an ecosystem (a repository's address) does not part packages. */
function keyOf({ ecosystem, name }: Pick<Named, 'ecosystem' | 'name'>): string {
  const plain = ecosystem.startsWith('PyPI') ? plainName(name) : name;
  return `${ecosystem} ${ecosystem.startsWith('Packagist') ? plain.toLowerCase() : plain}`;
}

/** Records of a distribution are of one release, or of all; those of Ubuntu say whether it has long support. */
function keysOf({ ecosystem, name }: Named): string[] {
  const [family = '', release] = ecosystem.split(':');
  const wider = release === undefined ? [] : [`${family}:${release}`, family];
  return [...new Set([ecosystem, ...wider])].map(one => keyOf({ ecosystem: one, name }));
}

function statementsOf(
  { record, affected }: Entry,
  { version }: Named,
  { kind }: Subject,
  order: VersionOrder,
  feed: string,
): Statement[] {
  // OSV writes Go's versions without the letter before them.
  const compare =
    kind === 'go' ? (a: string, b: string) => order.compare(canonical(a), canonical(b)) : order.compare;
  const outcome = outcomeFor(version, affected, compare);
  return flawsOf(record.id, record.aliases).map(flaw => ({
    feed,
    flaw,
    ids: [record.id, ...record.aliases],
    ...outcome,
    severity: severityOf(record, affected),
    summary: record.summary,
    ...(affected.urgency === 'unimportant' && { unimportant: true }),
    url: `https://osv.dev/vulnerability/${encodeURIComponent(record.id)}`,
  }));
}

/** Go's toolchain has versions like `1.22` and `1.22rc1`. */
function canonical(version: string): string {
  const [, release = '', minor = '0', patch = '0', rest = ''] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/.exec(version) ?? [];
  return `v${release}.${minor}.${patch}${/^[a-z]/.test(rest) ? `-${rest}` : rest}`;
}

function severityOf({ id, severity, level }: OsvRecord, affected: OsvAffected): Severity | undefined {
  const whose = judgeOf(id);
  const given = [...affected.severity, ...severity];
  const scores = given.flatMap(({ score }) => baseScore(score) ?? []);
  const word = levelNamed(level ?? '') ?? levelNamed(affected.urgency ?? '') ?? wordIn(given);
  const score = scores[0];
  if (word !== undefined) return { level: word, score, whose };
  return score === undefined ? undefined : { level: levelOfScore(score), score, whose };
}

/** Ubuntu writes its priority where others have a vector. */
function wordIn(given: OsvAffected['severity']): Severity['level'] | undefined {
  return given.map(({ score }) => levelNamed(score)).find(one => one !== undefined);
}

function judgeOf(id: string): string {
  const prefix = /^[A-Za-z]+/.exec(id)?.[0] ?? id;
  switch (prefix) {
    case 'GHSA':
      return 'GitHub';
    case 'DSA':
    case 'DLA':
    case 'DEBIAN':
      return 'Debian';
    case 'USN':
    case 'UBUNTU':
    case 'LSN':
      return 'Ubuntu';
    case 'CVE':
      return 'NVD';
    default:
      return prefix;
  }
}

/** Several records may tell of one flaw (a notice and the CVE's own): the one that says most stays. */
function merged(statements: readonly Statement[]): Statement[] {
  const byFlaw = new Map<string, Statement>();
  for (const statement of statements) {
    const held = byFlaw.get(statement.flaw);
    if (held === undefined || says(statement) > says(held)) byFlaw.set(statement.flaw, statement);
  }
  return [...byFlaw.values()];
}

function says({ state, fixedIn, severity }: Statement): number {
  const weight = { affected: 4, fixed: 2, undetermined: 1, 'not-affected': 0 }[state];
  return weight * 4 + Number(fixedIn !== undefined) * 2 + Number(severity !== undefined);
}
