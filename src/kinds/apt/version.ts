/**
 * Debian version order (deb-version(7), Debian Policy 5.6.12): epoch, then upstream version, then revision;
 * inside these, runs of non-digits and runs of digits by turns. `~` sorts before the end of the part,
 * letters before all else.
 */

/** The six relations of a dependency (deb-control(5)); `<` and `>` are read as `<=` and `>=`, as dpkg does. */
export type VersionRelation = '<<' | '<=' | '=' | '>=' | '>>';

export interface DebianVersion {
  readonly epoch: number;
  readonly upstream: string;
  /** Empty where the version has none; an absent revision equals "0". */
  readonly revision: string;
}

/** Splits at the first colon and the last hyphen. Lenient: what is malformed still gets its place in the order. */
export function parseVersion(text: string): DebianVersion {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  const epoch = colon > 0 ? Number(trimmed.slice(0, colon)) : 0;
  const rest = trimmed.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return hyphen < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) };
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left.epoch !== right.epoch) return left.epoch - right.epoch;
  return compareParts(left.upstream, right.upstream) || compareParts(left.revision, right.revision);
}

/** Whether `version` stands in `relation` to `wanted`, as in `Depends: name (relation wanted)`. */
export function versionSatisfies(version: string, relation: VersionRelation, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    i = skipZeros(a, i);
    j = skipZeros(b, j);
    const startA = i;
    const startB = j;
    while (i < a.length && isDigit(a, i)) i++;
    while (j < b.length && isDigit(b, j)) j++;
    // Numbers of any length, so not by Number: the longer is the greater, equal lengths compare as text.
    const length = i - startA - (j - startB);
    if (length !== 0) return length;
    const digitsA = a.slice(startA, i);
    const digitsB = b.slice(startB, j);
    if (digitsA !== digitsB) return digitsA < digitsB ? -1 : 1;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

function skipZeros(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x30) at++;
  return at;
}

/** `~` below the end of the part (and a digit, which ends a non-digit run), letters next, then the rest. */
function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 0x7e) return -1;
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return letter ? code : code + 256;
}
