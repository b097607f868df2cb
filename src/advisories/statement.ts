import type { Subject } from './subject.ts';

export type Level = 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown';

/** The worst first. */
export const levels: readonly Level[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

export interface Severity {
  readonly level: Level;
  /** Of CVSS, 0 to 10. */
  readonly score?: number | undefined;
  /** Who judged: the same flaw is another danger to each distribution. */
  readonly whose: string;
}

/** What one feed says of one flaw in one package at one version. */
export interface Statement {
  /** The feed's name. */
  readonly feed: string;
  /** The flaw: its CVE where it has one, so that what feeds say can be laid side by side. */
  readonly flaw: string;
  /** The feed's own name of it, and others that it knows. */
  readonly ids: readonly string[];
  readonly state: 'affected' | 'fixed' | 'not-affected' | 'undetermined';
  /** The first version that has it no more. */
  readonly fixedIn?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly summary?: string | undefined;
  readonly url?: string | undefined;
  /** What the feed says of its weight: that there will be no fix of its own, that it is no flaw in this use. */
  readonly note?: string | undefined;
  /** The distribution holds it for no security problem. */
  readonly unimportant?: boolean;
}

/** Advisories that are at hand. */
export interface Feed {
  readonly name: string;
  /** Whether its word counts where others say something else of the same package. */
  readonly decidesFor: (subject: Subject) => boolean;
  readonly statementsOn: (subject: Subject) => readonly Statement[];
}

/** The flaws that an advisory is about: each CVE by itself, else itself. */
export function flawsOf(id: string, others: readonly string[]): string[] {
  const all = [id, ...others];
  const named = new Set(all.flatMap(one => /CVE-\d{4}-\d{4,}/.exec(one)?.[0] ?? []));
  if (named.size > 0) return [...named];
  // Databases copy from GitHub's, and name it.
  return [all.find(one => one.startsWith('GHSA-')) ?? id];
}
