import type { SourceRange } from '../source.ts';
import type { ShellWord } from './command.ts';

/** What a variable is known to hold, and where that was written. */
export interface KnownValue {
  readonly text: string;
  readonly origin?: SourceRange;
}

/** Values of variables; nothing for one whose value cannot be known. */
export type KnownVariables = ReadonlyMap<string, KnownValue>;

/** A word's value after the shell has expanded it; one word may become several. */
export interface Argument {
  /** Whatever is not known stands in it as it was written: `${NAME}`, `$(command)`. */
  readonly text: string;
  /** Whether the whole text is known. */
  readonly known: boolean;
  readonly word: ShellWord;
  /** Where the variable that it came from got its value. */
  readonly origin?: SourceRange;
}

/** The arguments that a word expands to: unquoted values of variables are split at blanks. */
export function argumentsOf(word: ShellWord, variables: KnownVariables): Argument[] {
  const { literal } = word;
  if (literal !== undefined) return word.pieces.length === 0 ? [] : [{ text: literal, known: true, word }];
  const found: Argument[] = [];
  let open: { text: string; known: boolean; origin?: SourceRange } | undefined;
  const add = (text: string, known = true, origin?: SourceRange) => {
    const from = origin ?? open?.origin;
    open = {
      text: (open?.text ?? '') + text,
      known: (open?.known ?? true) && known,
      ...(from && { origin: from }),
    };
  };
  const close = () => {
    if (open) found.push({ ...open, word });
    open = undefined;
  };
  for (const piece of word.pieces) {
    if (piece.type !== 'variable') {
      add(piece.text, piece.type === 'text');
      continue;
    }
    const value = variables.get(piece.name) ?? fallbackOf(piece.fallback);
    if (value === undefined) add(`\${${piece.name}}`, false);
    else if (piece.quoted) add(value.text, true, value.origin);
    else {
      value.text.split(/\s+/).forEach((field, index) => {
        if (index > 0) close();
        if (field !== '') add(field, true, value.origin);
      });
    }
  }
  close();
  return found;
}

/** The word's value as one text, for an assignment or a target, which the shell does not split. */
export function valueOf(word: ShellWord, variables: KnownVariables): Argument {
  let text = '';
  let known = true;
  let origin: SourceRange | undefined;
  for (const piece of word.pieces) {
    const value =
      piece.type === 'variable'
        ? (variables.get(piece.name) ?? fallbackOf(piece.fallback))
        : piece.type === 'text'
          ? { text: piece.text }
          : undefined;
    known &&= value !== undefined;
    text += value?.text ?? (piece.type === 'variable' ? `\${${piece.name}}` : piece.text);
    if (value !== undefined && 'origin' in value) origin = value.origin;
  }
  return { text, known, word, ...(origin && { origin }) };
}

function fallbackOf(text: string | undefined): KnownValue | undefined {
  return text === undefined ? undefined : { text };
}
