import { parseDocument } from 'yaml';
import { didYouMean } from '../dockerfile/index.ts';
import { usageError, type HoldfastError } from '../core/index.ts';
import { severities, type Severity } from './finding.ts';
import { rules } from './rules/index.ts';
import type { CheckSettings } from './settings.ts';

/** The section `check:` of holdfast.yaml. */
export interface CheckConfiguration extends Partial<CheckSettings> {
  /** A path from the file. */
  readonly baseline?: string;
  /** Paths from the file, of files and directories that are not looked at. */
  readonly exclude?: readonly string[];
}

const members = ['profile', 'severity', 'baseline', 'exclude'];

/**
 * @throws HoldfastError CHECK_CONFIGURATION (exit 2) for what is not YAML, and for members, rules and values that
 *   are not known.
 */
export function parseConfiguration(text: string, file: string): CheckConfiguration {
  const document = parseDocument(text, { version: '1.2' });
  const [error] = document.errors;
  if (error) throw bad(file, error.message.split('\n')[0] ?? 'it is not YAML');
  let whole: unknown;
  try {
    whole = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw bad(file, 'aliases are not read');
  }
  const section = isRecord(whole) ? whole['check'] : undefined;
  if (section === undefined || section === null) return {};
  if (!isRecord(section)) throw bad(file, '"check" is no mapping');
  for (const name of Object.keys(section))
    if (!members.includes(name))
      throw bad(file, `"check" has no member "${name}"`, didYouMean(name, members));
  const { profile, severity, baseline, exclude } = section;
  if (profile !== undefined && profile !== 'reproducible' && profile !== 'secure' && profile !== 'all')
    throw bad(file, '"profile" is one of reproducible, secure and all');
  if (baseline !== undefined && typeof baseline !== 'string') throw bad(file, '"baseline" is no path');
  if (exclude !== undefined && !isTexts(exclude)) throw bad(file, '"exclude" is no list of paths');
  return {
    ...(profile !== undefined && { profile }),
    ...(severity !== undefined && { severity: severitiesOf(severity, file) }),
    ...(baseline !== undefined && { baseline }),
    ...(exclude !== undefined && { exclude }),
  };
}

function severitiesOf(given: unknown, file: string): Record<string, Severity | 'off'> {
  if (!isRecord(given)) throw bad(file, '"severity" is no mapping of rules to severities');
  const ids = rules.map(({ id }) => id);
  const entries = Object.entries(given).map(([id, value]) => {
    if (!ids.includes(id)) throw bad(file, `there is no rule "${id}"`, didYouMean(id, ids));
    // YAML 1.1 readers take `off` for false, and so do people's editors.
    const severity = value === false || value === 'off' ? 'off' : severities.find(one => one === value);
    if (severity === undefined)
      throw bad(file, `the severity of ${id} is one of ${severities.join(', ')} and off`);
    return [id, severity] as const;
  });
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string');
}

function bad(file: string, why: string, near?: string): HoldfastError {
  return usageError('CHECK_CONFIGURATION', `${file}: ${why}`, {
    next: near === undefined ? 'See docs/check.md for what the section may hold.' : `Did you mean ${near}?`,
    where: { file, line: 1 },
  });
}
