import { expression } from './suite.ts';

/** How a text differs from what is expected of it. */
export function unlike(
  what: string,
  text: string,
  expected: readonly string[],
  excluded: readonly string[],
): string[] {
  const matches = (pattern: string) => expression(pattern, what).test(text);
  const shown = shortened(text);
  return [
    ...expected
      .filter(pattern => !matches(pattern))
      .map(pattern => `${what} does not match ${pattern}: ${shown}`),
    ...excluded.filter(matches).map(pattern => `${what} matches ${pattern}: ${shown}`),
  ];
}

const mostShown = 200;

function shortened(text: string): string {
  const line = JSON.stringify(text.trim());
  return line.length > mostShown ? `${line.slice(0, mostShown)}…` : line;
}
