import { truthValue } from './quantities.ts';

/** What `# check=` sets of the checks: `skip=RULE,…;error=true;experimental=RULE,…`. */
export interface CheckOptions {
  /** Names of rules, or all of them. */
  readonly skip: 'all' | readonly string[];
  readonly experimental: 'all' | readonly string[];
  /** Whether a finding fails the build. */
  readonly error: boolean;
}

/** Nothing for a text that BuildKit refuses. */
export function readCheckOptions(text: string): CheckOptions | undefined {
  let options: CheckOptions = { skip: [], experimental: [], error: false };
  for (const part of text.split(';')) {
    const [, name = '', value = ''] = /^\s*([a-z]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (name === 'skip' || name === 'experimental') {
      const rules = value === 'all' ? value : value.split(',').map(rule => rule.trim());
      options = { ...options, [name]: rules };
    } else {
      const error = name === 'error' ? truthValue(value) : undefined;
      if (error === undefined) return undefined;
      options = { ...options, error };
    }
  }
  return options;
}
