import type { Severity } from './finding.ts';
import type { Profile, Rule } from './rule.ts';
import { rules } from './rules/index.ts';

/** What is looked for, and how much it counts. */
export interface CheckSettings {
  readonly profile: Profile | 'all';
  /** A severity other than the rule's own, or `off`. */
  readonly severity: Readonly<Record<string, Severity | 'off'>>;
}

export const defaultSettings: CheckSettings = { profile: 'all', severity: {} };

type Chosen = readonly (readonly [rule: Rule, severity: Severity])[];

/** Asked for each of many files. */
const known = new WeakMap<CheckSettings, Chosen>();

/** The rules that are looked for, with the severity that each has. */
export function chosenRules(settings: CheckSettings): Chosen {
  let chosen = known.get(settings);
  if (chosen === undefined) known.set(settings, (chosen = chosenBy(settings)));
  return chosen;
}

function chosenBy({ profile, severity }: CheckSettings): Chosen {
  return rules.flatMap(rule => {
    const chosen = severity[rule.id] ?? rule.severity;
    const included = profile === 'all' || rule.profiles.includes(profile);
    return chosen === 'off' || !included ? [] : [[rule, chosen] as const];
  });
}
