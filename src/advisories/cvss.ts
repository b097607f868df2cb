import type { Level } from './statement.ts';

const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};

/** Privileges weigh less where the scope changes. */
const privileges: Readonly<Record<string, readonly [unchanged: number, changed: number]>> = {
  N: [0.85, 0.85],
  L: [0.62, 0.68],
  H: [0.27, 0.5],
};

/**
 * The base score of a vector of CVSS 3.0 or 3.1 (specification, 7.1); nothing for others. That of CVSS 4 is looked up
 * in tables of its authors, and databases that give one say the level too.
 */
export function baseScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined;
  const metrics = new Map(vector.split('/').map(part => part.split(':') as [string, string]));
  const weight = (name: string) => weights[name]?.[metrics.get(name) ?? ''];
  const changed = metrics.get('S') === 'C';
  const privilege = privileges[metrics.get('PR') ?? '']?.[changed ? 1 : 0];
  const values = ['AV', 'AC', 'UI', 'C', 'I', 'A'].map(weight);
  if (privilege === undefined || values.some(value => value === undefined)) return undefined;
  const [av = 0, ac = 0, ui = 0, c = 0, i = 0, a = 0] = values;
  const loss = 1 - (1 - c) * (1 - i) * (1 - a);
  const impact = changed ? 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 : 6.42 * loss;
  if (impact <= 0) return 0;
  const sum = impact + 8.22 * av * ac * privilege * ui;
  return roundedUp(Math.min(changed ? 1.08 * sum : sum, 10));
}

/** To one decimal, upwards, as the specification's appendix A does it in whole numbers. */
function roundedUp(value: number): number {
  const whole = Math.round(value * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

/** CVSS 3.1, 5, "Qualitative severity rating scale". */
export function levelOfScore(score: number): Level {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}

/** Words that databases have for levels. */
export function levelNamed(word: string): Level | undefined {
  switch (word.toLowerCase()) {
    case 'critical':
      return 'critical';
    case 'high':
    case 'important':
      return 'high';
    case 'moderate':
    case 'medium':
      return 'medium';
    case 'low':
    case 'minor':
      return 'low';
    case 'negligible':
    case 'none':
    case 'info':
    case 'unimportant':
      return 'negligible';
    default:
      return undefined;
  }
}
