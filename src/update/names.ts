/** Whether two names are of one package, by its kind's own rules. */
export function sameName(kind: string, a: string, b: string): boolean {
  return normalisedName(kind, a) === normalisedName(kind, b);
}

/** PEP 503: names of projects are the same whatever their case and separators. */
export function normalisedName(kind: string, name: string): string {
  return kind === 'pypi' ? name.toLowerCase().replace(/[-_.]+/g, '-') : name;
}

/** A change's name without what stands behind it in brackets: an architecture, a platform. */
export function bareName(name: string): string {
  return name.replace(/ \([^)]*\)$/, '');
}
