import { usageError } from '../core/index.ts';
import { trimSpaces } from './characters.ts';
import { cleanPath } from './ignore-file.ts';
import { followPath } from './path-match.ts';
import { parsePathPattern, type PathToken } from './path-pattern.ts';

interface IgnorePattern {
  /** `!`: takes back what an earlier pattern ignores. */
  readonly exception: boolean;
  readonly tokens: readonly PathToken[];
  /** The character that every match ends in, if there is one: most paths are told apart by it at no cost. */
  readonly last: string | undefined;
}

/** Tells which paths of a build context are left out, as moby/patternmatcher's MatchesOrParentMatches does. */
export class IgnoreMatcher {
  readonly #patterns: readonly IgnorePattern[];
  /** For the directory asked about last, which patterns match it or a directory above it. */
  #directory = '';
  #directoryMatches: readonly boolean[];

  /**
   * @param patterns as `readIgnoreFile` gives them, or as given to `--exclude`.
   * @throws HoldfastError DOCKERFILE_PATTERN (exit 2)
   */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
      .map(trimSpaces)
      .filter(pattern => pattern !== '')
      .map(pattern => ignorePattern(cleanPath(pattern)));
    this.#directoryMatches = this.#patterns.map(() => false);
  }

  /**
   * Whether the path is ignored: the last pattern that matches it or a directory above it decides.
   * @param path relative to the context, with slashes.
   */
  matches(path: string): boolean {
    const clean = cleanPath(path);
    // The context itself cannot be ignored.
    if (clean === '.') return false;
    const matching = this.#matchingPatterns(clean);
    return this.#patterns.reduce(
      (ignored, { exception }, index) => (matching[index] === true ? !exception : ignored),
      false,
    );
  }

  /**
   * Whether some path below an ignored directory may be kept by an exception; where not, there is no need to look
   * into it. May say yes for nothing.
   */
  mayHoldUnignored(directory: string): boolean {
    const clean = cleanPath(directory);
    if (clean === '.') return true;
    const matching = this.#matchingPatterns(clean);
    return this.#patterns.some(
      ({ exception, tokens }, index) =>
        exception && (matching[index] === true || followPath(tokens, `${clean}/`).beginning),
    );
  }

  #matchingPatterns(path: string): boolean[] {
    const above = this.#matchingAbove(path);
    return this.#patterns.map(
      ({ tokens, last }, index) =>
        above[index] === true ||
        ((last === undefined || path.endsWith(last)) && followPath(tokens, path).whole),
    );
  }

  #matchingAbove(path: string): readonly boolean[] {
    const end = path.lastIndexOf('/');
    const directory = end === -1 ? '' : path.slice(0, end);
    if (directory !== this.#directory) {
      this.#directoryMatches =
        directory === '' ? this.#patterns.map(() => false) : this.#matchingPatterns(directory);
      this.#directory = directory;
    }
    return this.#directoryMatches;
  }
}

function ignorePattern(pattern: string): IgnorePattern {
  const exception = pattern.startsWith('!');
  const path = exception ? pattern.slice(1) : pattern;
  if (path === '') {
    throw usageError('DOCKERFILE_PATTERN', '"!" alone is not a valid pattern', {
      next: 'Write the pattern behind it that shall not be ignored.',
    });
  }
  const tokens = tokensOf(path);
  const last = tokens.at(-1);
  return { exception, tokens, last: last?.kind === 'literal' ? String.fromCodePoint(last.code) : undefined };
}

function tokensOf(path: string): PathToken[] {
  const tokens = parsePathPattern(path, true);
  // A pattern that is plain text behind its first "**" matches every path that ends in that text: "**.md" fits
  // "a/b.md", though "**.m?" does not.
  const plainEnd = /^\*\*[^/*?[\]\\][^*?[\]\\]*$/.test(path);
  return plainEnd ? [{ kind: 'rest' }, ...tokens.slice(2)] : tokens;
}
