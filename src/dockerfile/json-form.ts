import { usageError } from '../core/index.ts';
import { skipSpaces } from './characters.ts';
import type { MappedText, Word } from './mapped-text.ts';

/**
 * The members of a JSON array of strings ("exec form"), or undefined where the text is no valid JSON array: it is
 * then taken as plain text, as Docker does.
 * @throws HoldfastError DOCKERFILE_JSON (exit 2) for a valid array that holds anything but strings.
 */
export function jsonWords(text: MappedText): Word[] | undefined {
  const start = skipSpaces(text.text);
  if (text.text[start] !== '[') return undefined;
  const members = arrayIn(text.text.slice(start));
  if (members === undefined) return undefined;
  if (!isStrings(members)) {
    throw usageError('DOCKERFILE_JSON', 'the JSON array holds something other than strings', {
      where: text.where(start),
      next: 'Put every member between double quotes.',
    });
  }
  return stringLiterals(text).map(([from, to], index) => {
    // A lone surrogate cannot be written to UTF-8; Go's decoder replaces it as well.
    return { text: (members[index] ?? '').toWellFormed(), range: text.range(from, to) };
  });
}

function arrayIn(json: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStrings(members: readonly unknown[]): members is readonly string[] {
  return members.every(member => typeof member === 'string');
}

/** Where the literals of a valid JSON array of strings stand, quotes included. */
function stringLiterals(text: MappedText): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (let at = text.text.indexOf('"'); at !== -1; ) {
    let end = at + 1;
    while (text.text[end] !== '"') end += text.text[end] === '\\' ? 2 : 1;
    found.push([at, end + 1]);
    at = text.text.indexOf('"', end + 1);
  }
  return found;
}
