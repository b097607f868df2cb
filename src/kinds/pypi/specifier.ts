import { compareVersions, isPrerelease, normalVersion } from './version.ts';

/**
 * Whether a version fits a set of specifiers (PEP 440, "Version specifiers"); nothing where the text is none. A
 * pre-release fits only where a specifier names one.
 */
export function fitsSpecifiers(version: string, set: string): boolean | undefined {
  const clauses = set
    .split(',')
    .map(text => text.trim())
    .filter(text => text !== '');
  const results: boolean[] = [];
  for (const clause of clauses) {
    const fits = fitsClause(version, clause);
    if (fits === undefined) return undefined;
    results.push(fits);
  }
  const asked = clauses.some(clause => /^(?:===?|[<>]=|~=)/.test(clause) && isPrerelease(operandOf(clause)));
  return results.every(Boolean) && (!isPrerelease(version) || asked);
}

const operandOf = (clause: string) => clause.replace(/^[<>=!~]+\s*/, '');

function fitsClause(version: string, clause: string): boolean | undefined {
  const [, operator = '', operand = ''] = /^(===|~=|==|!=|<=|>=|<|>)\s*(\S+)$/.exec(clause) ?? [];
  const normal = normalVersion(version) ?? version;
  if (operator === '===') return normal.toLowerCase() === operand.toLowerCase();
  const wild = /^(.*)\.\*$/.exec(operand)?.[1];
  if (wild !== undefined) {
    if (normalVersion(wild) === undefined || (operator !== '==' && operator !== '!=')) return undefined;
    return hasPrefix(version, wild) === (operator === '==');
  }
  if (normalVersion(operand) === undefined) return undefined;
  // A local version is ignored where the specifier has none.
  const own = operand.includes('+') ? normal : withoutLocal(normal);
  const order = compareVersions(own, operand);
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0 && !(isPrerelease(own) && !isPrerelease(operand) && sameRelease(own, operand));
    case '>':
      return (
        order > 0 && !(/\.post\d+/.test(own) && !/post|rev|r\d/.test(operand) && sameRelease(own, operand))
      );
    case '~=':
      return order >= 0 && hasPrefix(own, releaseOf(operand).split('.').slice(0, -1).join('.'));
    default:
      return undefined;
  }
}

const withoutLocal = (version: string) => version.replace(/\+.*$/, '');

/** Epoch and release numbers alone. */
function releaseOf(version: string): string {
  return /^(?:\d+!)?\d+(?:\.\d+)*/.exec(normalVersion(version) ?? '')?.[0] ?? '';
}

function sameRelease(a: string, b: string): boolean {
  return compareVersions(releaseOf(a), releaseOf(b)) === 0;
}

/** Zeros are added where the version is the shorter one. */
function hasPrefix(version: string, prefix: string): boolean {
  const [normal, wanted] = [withoutLocal(normalVersion(version) ?? ''), normalVersion(prefix) ?? ''];
  const [parts, start] = [normal.split(/[.]|(?<=\d)(?=[a-z])/), wanted.split(/[.]|(?<=\d)(?=[a-z])/)];
  return start.every((part, n) => part === (parts[n] ?? '0'));
}
