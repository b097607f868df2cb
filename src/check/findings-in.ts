import { hash } from 'node:crypto';
import { basename } from 'node:path';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { Analysis } from './analysis.ts';
import { stagesBuilt } from './built-stages.ts';
import type { Finding, Observation, Severity } from './finding.ts';
import { isFollowed } from './followed-scripts.ts';
import type { Rule, RuleContext } from './rule.ts';
import { Suppressions } from './suppressions.ts';

/** What rules see in a file, in its order. */
export function findingsIn(
  analysis: Analysis,
  chosen: readonly (readonly [rule: Rule, severity: Severity])[],
  context: RuleContext,
): Finding[] {
  const { dockerfile } = analysis;
  const suppressions = new Suppressions(dockerfile);
  const fingerprints = new Fingerprints(dockerfile);
  const targets = context.locked?.builds(basename(dockerfile.file)) ?? [];
  const built = stagesBuilt(analysis, targets);
  const isLocked = ({ range }: Observation) => {
    if (targets.length === 0 || built === undefined) return targets.length > 0;
    // What stands before all stages is every build's.
    const at = dockerfile.stages.findLastIndex(stage => stage.range.start <= range.start);
    return at < 0 || built.has(at);
  };
  const findings: Finding[] = [];
  for (const [rule, severity] of chosen)
    for (const observation of rule.find(analysis, context)) {
      const suppressed = suppressions.of(rule, observation);
      const { locked, ...seen } = observation;
      findings.push({
        ...inDockerfile(seen),
        rule: rule.id,
        severity,
        fingerprint: fingerprints.of(rule.id, observation),
        ...(suppressed && { suppressed }),
        ...(isLocked(observation) && besideLock(rule, locked)),
      });
    }
  return findings.toSorted((a, b) => a.range.start - b.range.start);
}

/** Drift is held; what is trusted without need, and what no lock answers, stays. */
function besideLock(
  { profiles, staysWithLock }: Rule,
  locked: boolean | undefined,
): Pick<Finding, 'held' | 'advice'> {
  if (typeof staysWithLock === 'string') return { advice: staysWithLock };
  const isAnswered = staysWithLock === undefined && profiles.includes('reproducible');
  return isAnswered && locked !== false ? { held: true } : {};
}

/** What was seen in a script is told where the script is run; an edit would hit the wrong file. */
function inDockerfile(observation: Omit<Observation, 'locked'>): Omit<Observation, 'locked'> {
  const { range, message } = observation;
  if (!isFollowed(range)) return observation;
  const { script, ...place } = range;
  return { range: place, message: `${script.file}:${script.line}: ${message}` };
}

/** Names for findings that lines added elsewhere do not change: rule, file, what is written there, and which of equals. */
class Fingerprints {
  readonly #text: string;
  readonly #file: string;
  readonly #seen = new Map<string, number>();

  constructor({ text, file }: Dockerfile) {
    this.#text = text;
    this.#file = file;
  }

  of(rule: string, { range }: Observation): string {
    const written = this.#text.slice(range.start, range.end).replaceAll(/\s+/g, ' ');
    const key = `${rule}\n${this.#file}\n${written}`;
    const count = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count + 1);
    return hash('sha256', `${key}\n${count}`).slice(0, 32);
  }
}
