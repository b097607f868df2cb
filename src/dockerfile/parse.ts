import { type SourcePlace, usageError } from '../core/index.ts';
import { type Directives, type EscapeCharacter, foreignSyntax, readDirectives } from './directives.ts';
import { type Heredoc, heredocWordsIn, withoutLeadingTabs } from './heredoc.ts';
import type { ArgInstruction, FromInstruction, Instruction } from './instructions.ts';
import { type LogicalLine, LogicalLines } from './logical-lines.ts';
import { TextJoiner } from './mapped-text.ts';
import { excerpt } from './problems.ts';
import { readInstruction } from './read-instruction.ts';
import { Source, type StandsAt } from './source.ts';
import { type Stage, StageList } from './stages.ts';
import { splitInstruction, type Syntax } from './syntax.ts';
import type { Warning } from './warning.ts';

export interface Dockerfile {
  /** The name that it has in messages. */
  readonly file: string;
  /** As given; all ranges are ranges of this. */
  readonly text: string;
  readonly directives: Directives;
  /** The ARG instructions before the first FROM. */
  readonly metaArgs: readonly ArgInstruction[];
  /** In the order of the file; at least one. */
  readonly stages: readonly Stage[];
  readonly warnings: readonly Warning[];
}

/** UTF-16 code units. A Dockerfile of this length is data that went astray; the limit keeps memory bounded. */
export const maximumLength = 4 * 1024 * 1024;

/**
 * Reads a Dockerfile as BuildKit does, and keeps for every word the place it was written at.
 * Variables are left alone: `expandWord` puts them in, once their values are known.
 * @param file the name for messages.
 * @param standsAt for a Dockerfile inside of that file.
 * @throws HoldfastError (exit 2) with the place: DOCKERFILE_TOO_LARGE, _LINE_TOO_LONG, _EMPTY, _DIRECTIVE,
 *   _UNKNOWN_INSTRUCTION, _UNKNOWN_FLAG, _FLAG_VALUE, _MOUNT, _ARGUMENTS, _JSON, _HEREDOC, _ONBUILD, _STAGE_NAME,
 *   _NO_STAGE; DOCKERFILE_UNSUPPORTED for a file written for another frontend.
 */
export function parseDockerfile(text: string, file: string, standsAt?: StandsAt): Dockerfile {
  const source = sourceOf(text, file, standsAt);
  const directives = readDirectives(source);
  const foreign = foreignSyntax(source);
  if (foreign !== undefined) {
    throw usageError('DOCKERFILE_UNSUPPORTED', `the file is written for the frontend "${excerpt(foreign)}"`, {
      where: source.where(0),
      next: 'Use a file in the Dockerfile language.',
    });
  }
  const warnings: Warning[] = [];
  const stages = new StageList(source, warnings);
  for (const [instruction, { emptyContinuation }] of instructionsIn(source, directives.escape)) {
    if (emptyContinuation !== undefined) {
      const message = 'an empty line inside a continued instruction';
      warnings.push({ code: 'EMPTY_CONTINUATION', message, range: emptyContinuation });
    }
    stages.add(instruction);
  }
  return { file, text, directives, ...stages.finish(), warnings };
}

/**
 * Reads the text of an ONBUILD trigger from an image's configuration: one instruction, its heredocs included.
 * @param where the FROM that the trigger comes with: the place of all its words, as in BuildKit.
 * @throws HoldfastError as `parseDockerfile` does; DOCKERFILE_ONBUILD (exit 2) for more or less than one instruction.
 */
export function parseTrigger(expression: string, where: SourcePlace): Instruction {
  const source = sourceOf(expression, where.file, () => where);
  const [first, ...more] = [...instructionsIn(source, '\\')].map(([instruction]) => instruction);
  if (first !== undefined && more.length === 0 && first.keyword !== 'FROM') return first;
  throw usageError('DOCKERFILE_ONBUILD', 'an ONBUILD trigger is not one instruction', {
    where,
    next: 'Use another base image, or tell its maker.',
  });
}

function sourceOf(text: string, file: string, standsAt?: StandsAt): Source {
  if (text.length <= maximumLength) return new Source(text, file, standsAt);
  throw usageError('DOCKERFILE_TOO_LARGE', `the Dockerfile is longer than ${maximumLength} characters`, {
    where: { file, line: 1 },
    next: 'Move data to files that are copied in.',
  });
}

function* instructionsIn(
  source: Source,
  escape: EscapeCharacter,
): Generator<[Instruction | FromInstruction, LogicalLine]> {
  const lines = new LogicalLines(source, escape);
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const syntax = splitInstruction(line.text, escape);
    const nested =
      syntax.keyword === 'ONBUILD' && syntax.rest.text !== ''
        ? splitInstruction(syntax.rest, escape)
        : undefined;
    const heredocs = readHeredocs(source, lines, line, nested ?? syntax);
    const range = source.range(line.text.offsetOf(0), lines.end);
    yield [readInstruction({ source, escape, syntax, heredocs, range }, nested), line];
  }
}

/** The bodies stand below the whole instruction, whatever lines it was continued over. */
function readHeredocs(source: Source, lines: LogicalLines, line: LogicalLine, syntax: Syntax): Heredoc[] {
  const possible = ['ADD', 'COPY', 'RUN'].includes(syntax.keyword) && syntax.form !== 'json';
  if (!possible || !line.text.text.includes('<<')) return [];
  return heredocWordsIn(line.text.text).map(word => {
    const body = lines.readHeredoc(word.name, word.tabs);
    if (body === undefined) {
      throw usageError('DOCKERFILE_HEREDOC', `the heredoc "${excerpt(word.name)}" is not terminated`, {
        where: line.text.where(),
        next: `Write a line below it that holds nothing but ${excerpt(word.name)}.`,
      });
    }
    const joined = new TextJoiner(source);
    joined.add(body.start, body.end);
    const raw = joined.finish(body.start);
    return { ...word, raw, content: word.tabs ? withoutLeadingTabs(raw, source) : raw };
  });
}
