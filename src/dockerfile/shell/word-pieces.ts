import type { ParsedScript, Word, WordPart } from 'unbash';
import type { ShellCommand, WordPiece } from './command.ts';

/** Reads the commands of a substitution. */
export type ReadOutput = (script: ParsedScript) => readonly ShellCommand[];

/** A word in parts, of which neighbouring texts are joined. */
export function wordPieces(word: Word, readOutput: ReadOutput): WordPiece[] {
  const { parts } = word;
  if (parts === undefined) return word.value === '' ? [] : [{ type: 'text', text: word.value }];
  const pieces: WordPiece[] = [];
  for (const part of parts) addPieces(pieces, part, false, readOutput);
  // An empty pair of quotes is a word, unlike nothing at all.
  return pieces.length === 0 && word.text !== '' ? [{ type: 'text', text: '' }] : pieces;
}

function addPieces(pieces: WordPiece[], part: WordPart, quoted: boolean, readOutput: ReadOutput): void {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return addText(pieces, part.value);
    case 'DoubleQuoted':
    case 'LocaleString':
      if (part.parts.length === 0) addText(pieces, '');
      for (const inner of part.parts) addPieces(pieces, inner, true, readOutput);
      return;
    case 'Glob':
    case 'ExtendedGlob':
    case 'BraceExpansion':
      return addText(pieces, part.text);
    case 'SimpleExpansion':
      pieces.push({ type: 'variable', name: part.text.slice(1), quoted });
      return;
    case 'ParameterExpansion': {
      const { operation, prefix, index, parameter, text } = part;
      const isDefault = operation?.type === 'Default' && /^:?[-=]$/.test(operation.operator);
      if (prefix !== undefined || index !== undefined || (operation !== undefined && !isDefault)) {
        pieces.push({ type: 'other', text });
        return;
      }
      const fallback = isDefault ? literalOf(operation.operand) : undefined;
      pieces.push({ type: 'variable', name: parameter, quoted, ...(fallback !== undefined && { fallback }) });
      return;
    }
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      pieces.push({
        type: 'output',
        text: part.text,
        commands: part.script === undefined ? [] : readOutput(part.script),
      });
      return;
    case 'ArithmeticExpansion':
      pieces.push({ type: 'other', text: part.text });
  }
}

function addText(pieces: WordPiece[], text: string): void {
  const last = pieces.at(-1);
  if (last?.type === 'text') pieces[pieces.length - 1] = { type: 'text', text: last.text + text };
  else pieces.push({ type: 'text', text });
}

function literalOf(word: Word): string | undefined {
  const plain = word.parts === undefined || word.parts.every(part => part.type === 'Literal');
  return plain ? word.value : undefined;
}
