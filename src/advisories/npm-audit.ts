import { isObject, jsonObject, type JsonObject } from '../core/index.ts';
import { firstUnaffected, isAffected } from '../kinds/index.ts';
import { levelNamed, levelOfScore } from './cvss.ts';
import { flawsOf, type Feed, type Severity, type Statement } from './statement.ts';
import type { Subject } from './subject.ts';

/** What `npm audit` asks a registry: the versions of each name. */
export function auditRequest(subjects: readonly Subject[]): Record<string, string[]> | undefined {
  const versions = new Map<string, Set<string>>();
  for (const { kind, name, version } of subjects)
    if (kind === 'npm') versions.set(name, (versions.get(name) ?? new Set()).add(version));
  return versions.size === 0
    ? undefined
    : Object.fromEntries([...versions].map(([name, found]) => [name, [...found]]));
}

/** A registry's answer at `/-/npm/v1/security/advisories/bulk`: by name, ranges of affected versions. */
export function npmAudit(name: string, answer: Buffer): Feed | undefined {
  const document = jsonObject(answer);
  if (document === undefined) return undefined;
  return {
    name,
    decidesFor: () => false,
    statementsOn: ({ kind, name: wanted, version }) => {
      const listed = kind === 'npm' && Object.hasOwn(document, wanted) ? document[wanted] : undefined;
      if (!Array.isArray(listed)) return [];
      return listed.filter(isObject).flatMap(entry => statementsOf(name, entry, version));
    },
  };
}

function statementsOf(feed: string, entry: JsonObject, version: string): Statement[] {
  const { url, title, id, vulnerable_versions: range } = entry;
  if (typeof range !== 'string') return [];
  const affected = isAffected(version, range);
  if (affected === undefined) return [];
  const link = typeof url === 'string' ? url : undefined;
  const own = /GHSA-[\w-]+/.exec(link ?? '')?.[0] ?? `npm:${String(id)}`;
  const names = typeof entry['cve'] === 'string' ? [entry['cve']] : [];
  return flawsOf(own, names).map(flaw => ({
    feed,
    flaw,
    ids: [own, ...names],
    state: affected ? 'affected' : 'not-affected',
    fixedIn: affected ? firstUnaffected(version, range) : undefined,
    severity: severityOf(entry),
    summary: typeof title === 'string' ? title : undefined,
    url: link,
  }));
}

function severityOf({ severity, cvss }: JsonObject): Severity | undefined {
  const score =
    isObject(cvss) && typeof cvss['score'] === 'number' && cvss['score'] > 0 ? cvss['score'] : undefined;
  const word = typeof severity === 'string' ? levelNamed(severity) : undefined;
  const level = word ?? (score === undefined ? undefined : levelOfScore(score));
  return level === undefined ? undefined : { level, score, whose: 'GitHub' };
}
