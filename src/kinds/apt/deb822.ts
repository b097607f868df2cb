/**
 * Control stanzas: deb822(5), Debian Policy 5.1. A stanza ends at a line that is empty or holds only spaces
 * and tabs; `#` at the start of a line makes it a comment; field names compare without regard to case.
 */

export interface Stanza {
  /** Line of the stanza's first field, from 1. */
  readonly line: number;
  /** The field names as written, in order. */
  readonly names: readonly string[];
  /**
   * The value, white space around it removed. Continuation lines are joined with LF, each without its first
   * character (the space that makes it one).
   */
  get(name: string): string | undefined;
  /** The line (from 1) on which the field stands. */
  lineOf(name: string): number;
}

/** Makes the error that a caller wants to see for a malformed line (counted from 1). */
export type SyntaxFailure = (line: number, reason: string) => Error;

interface Field {
  readonly name: string;
  readonly line: number;
  value: string;
}

class FieldStanza implements Stanza {
  readonly line: number;
  readonly #fields: ReadonlyMap<string, Field>;

  constructor(fields: ReadonlyMap<string, Field>, line: number) {
    this.#fields = fields;
    this.line = line;
  }

  get names(): readonly string[] {
    return [...this.#fields.values()].map(field => field.name);
  }

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.value.trim();
  }

  lineOf(name: string): number {
    return this.#fields.get(name.toLowerCase())?.line ?? this.line;
  }
}

/**
 * The stanzas of a text, one at a time as they are asked for.
 * @throws what `failure` makes, for a line that is no field, a continuation of nothing, or a field given twice.
 */
export function* stanzas(text: string, failure: SyntaxFailure): Generator<Stanza> {
  let fields = new Map<string, Field>();
  let last: Field | undefined;
  let first = 0;
  let number = 0;
  for (const line of lines(text)) {
    number++;
    if (line.startsWith('#')) continue;
    if (/^[ \t]*$/.test(line)) {
      if (fields.size > 0) yield new FieldStanza(fields, first);
      fields = new Map();
      last = undefined;
      continue;
    }
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last === undefined) throw failure(number, 'a continuation line without a field before it');
      last.value += `\n${line.slice(1).trimEnd()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!/^[!-9;-~]+$/.test(name) || name.startsWith('-'))
      throw failure(number, `not a field: ${JSON.stringify(line.slice(0, 60))}`);
    if (fields.has(name.toLowerCase())) throw failure(number, `the field ${name} is given twice`);
    if (fields.size === 0) first = number;
    last = { name, line: number, value: line.slice(colon + 1).trim() };
    fields.set(name.toLowerCase(), last);
  }
  if (fields.size > 0) yield new FieldStanza(fields, first);
}

/** The words of a value that is a list separated by white space. */
export function words(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(/\s+/).filter(word => word !== '');
}

function* lines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.charCodeAt(end - 1) === 0x0d && end > start
      ? text.slice(start, end - 1)
      : text.slice(start, end);
    start = end + 1;
  }
}
