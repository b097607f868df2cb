/**
 * How a tag is made up, so that others of the same make can be ordered. Everything that is no version is kept: a suffix
 * names another image (`-slim`, `-alpine3.20`), and so does what stands before (`v`, `bookworm-` before a date).
 */
export interface TagScheme {
  readonly kind: 'version' | 'date' | 'codename';
  readonly before: string;
  readonly after: string;
  /** What is ordered, most significant first. */
  readonly order: readonly number[];
}

/** Released versions, the oldest first: of these a tag moves to a later one. */
const codenames: Readonly<Record<string, readonly string[]>> = {
  debian: ['jessie', 'stretch', 'buster', 'bullseye', 'bookworm', 'trixie'],
  // Those with long support: who chose one did not choose the nine months of the others.
  ubuntu: ['trusty', 'xenial', 'bionic', 'focal', 'jammy', 'noble'],
};

/** Nothing for a tag that names no version: `latest`, a branch, a commit. */
export function tagScheme(tag: string): TagScheme | undefined {
  return dateScheme(tag) ?? codenameScheme(tag) ?? versionScheme(tag);
}

function dateScheme(tag: string): TagScheme | undefined {
  const match = /^(|v|.*[a-z.]-)(20\d\d)([-.]?)(0[1-9]|1[0-2])\3(0[1-9]|[12]\d|3[01])(|[-.].*)$/.exec(tag);
  if (match === null) return undefined;
  const [, before = '', year, separator = '', month, day, after = ''] = match;
  // The separator is a part of the make: 2024-01-31 and 20240131 are two customs.
  const order = [year, month, day].map(Number);
  return { kind: 'date', before: `${before}${separator}`, after, order };
}

function codenameScheme(tag: string): TagScheme | undefined {
  const [, name = '', after = ''] = /^([a-z]+)(|-.*)$/.exec(tag) ?? [];
  for (const [family, names] of Object.entries(codenames)) {
    const at = names.indexOf(name);
    if (at >= 0) return { kind: 'codename', before: family, after, order: [at] };
  }
  return undefined;
}

function versionScheme(tag: string): TagScheme | undefined {
  const match = /^(v?)(\d{1,9}(?:\.\d{1,9}){0,3})(|[-_+].*|[a-z].*)$/.exec(tag);
  const [, before, numbers, after = ''] = match ?? [];
  if (before === undefined || numbers === undefined || isCommit(tag)) return undefined;
  return { kind: 'version', before, after, order: numbers.split('.').map(Number) };
}

/** A shortened commit can be all digits, or begin with one. */
function isCommit(tag: string): boolean {
  return /^[0-9a-f]{7,40}$/.test(tag) && (/[a-f]/.test(tag) || tag.length >= 10);
}

/** Years are versions as well; a project that goes over to them, or comes from them, has two orders. */
const firstYear = 1970;
const isYear = ([first = 0]: readonly number[]) => first >= firstYear;

/**
 * Of the tags of a repository those that are later than `current` and of the same make, the latest first. How precise
 * it is stays as well: `3.12` follows `3.11`, `3.12.1` does not.
 */
export function laterTags(current: string, tags: Iterable<string>): string[] {
  const scheme = tagScheme(current);
  if (scheme === undefined) return [];
  const later: { tag: string; order: readonly number[] }[] = [];
  for (const tag of tags) {
    const other = tagScheme(tag);
    if (other === undefined || !isSameMake(scheme, other)) continue;
    if (compare(other.order, scheme.order) > 0) later.push({ tag, order: other.order });
  }
  return later.toSorted((a, b) => compare(b.order, a.order)).map(({ tag }) => tag);
}

function isSameMake(a: TagScheme, b: TagScheme): boolean {
  if (a.kind !== b.kind || a.before !== b.before || a.after !== b.after) return false;
  return a.order.length === b.order.length && (a.kind !== 'version' || isYear(a.order) === isYear(b.order));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [n, part] of a.entries()) {
    const difference = part - (b[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
