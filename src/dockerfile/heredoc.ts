import { HoldfastError } from '../core/index.ts';
import { type MappedText, TextJoiner } from './mapped-text.ts';
import { type LexerOptions, ShellLexer } from './shell-lexer.ts';
import type { Source } from './source.ts';

/** What a word like `3<<-"NAME"` announces. */
export interface HeredocWord {
  readonly name: string;
  /** Whether variables in the body are expanded: not where any part of the name is quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs of the body's lines are taken away. */
  readonly tabs: boolean;
  /** The number before `<<`; 0 where there is none. */
  readonly descriptor: number;
}

export interface Heredoc extends HeredocWord {
  /** The lines between, with their line ends, as they stand in the file. */
  readonly raw: MappedText;
  /** `raw`, for `<<-` without leading tabs. */
  readonly content: MappedText;
}

const noVariables = { get: () => undefined };
const shape = /^(\d*)<<(-?)([^<]*)$/;

/** BuildKit reads heredoc words with a backslash for escape, whatever the directive says. */
const lexing: LexerOptions = { escape: '\\', quotes: 'removed', escapes: 'removed', unset: 'kept' };

/**
 * The heredocs that a whole joined line announces, in order. A line that BuildKit's shell lexer cannot read (an open
 * quote, a substitution that it does not know) has none.
 */
export function heredocWordsIn(line: string): HeredocWord[] {
  const words = wordsOf(line, { ...lexing, quotes: 'kept', escapes: 'kept' }) ?? [];
  return words.map(heredocWord).filter(word => word !== undefined);
}

/** Reads one word, or a whole operand; undefined where it is more or less than exactly one heredoc word. */
export function heredocWord(text: string): HeredocWord | undefined {
  if (!text.includes('<<')) return undefined;
  const match = shape.exec(text);
  const [, descriptor = '', dash = '', padded = ''] = match ?? [];
  const rest = padded.replace(/^[\t\n\f\r ]+/, '');
  if (rest === '') return undefined;
  const [name, ...more] = wordsOf(rest, lexing) ?? [];
  if (name === undefined || more.length > 0) return undefined;
  // Quotes that vanish when they are processed were quotes, and not part of the name.
  const [withQuotes = ''] = wordsOf(rest, { ...lexing, quotes: 'kept' }) ?? [];
  return {
    name,
    expand: quotesIn(name) === quotesIn(withQuotes),
    tabs: dash !== '',
    descriptor: Number(descriptor),
  };
}

function wordsOf(text: string, options: LexerOptions): string[] | undefined {
  try {
    return new ShellLexer(text, noVariables, options).run().words;
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}

function quotesIn(text: string): number {
  return text.replaceAll(/[^'"]/g, '').length;
}

/** `raw` without the tabs that its lines begin with, each character still knowing its place. */
export function withoutLeadingTabs(raw: MappedText, source: Source): MappedText {
  const joined = new TextJoiner(source);
  const begin = raw.offsetOf(0);
  for (let at = 0; at < raw.text.length; ) {
    let content = at;
    while (raw.text.charCodeAt(content) === 0x09) content++;
    const feed = raw.text.indexOf('\n', content);
    const end = feed === -1 ? raw.text.length : feed + 1;
    joined.add(begin + content, begin + end);
    at = end;
  }
  return joined.finish(begin);
}
