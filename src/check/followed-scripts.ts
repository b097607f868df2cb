import { posix } from 'node:path';
import type { SourcePlace } from '../core/index.ts';
import type { SourceRange } from '../dockerfile/index.ts';
import {
  type Invocation,
  invocationsOf,
  isPosixShell,
  type KnownVariables,
  languageOf,
  type PlacedText,
  readIn,
} from '../dockerfile/shell/index.ts';
import type { CopiedFiles } from './copied-files.ts';

/** A place in a script that the Dockerfile runs: in the Dockerfile it is the place where the script is run. */
export interface FollowedRange extends SourceRange {
  readonly script: SourcePlace;
}

export function isFollowed(range: SourceRange): range is FollowedRange {
  return 'script' in range;
}

/** Gives a file of the build context by its path, or nothing. */
export type ReadContextFile = (path: string) => string | undefined;

/** What is known where a RUN stands. */
export interface Surroundings {
  readonly copied: CopiedFiles;
  readonly workdir: string;
  readonly values: KnownVariables;
  readonly read: ReadContextFile;
}

/** Scripts that run scripts that run scripts; more is a circle. */
const deepest = 4;

/**
 * The invocations with those of the scripts that they run put in behind them, where a script came from the build
 * context by COPY.
 */
export function withFollowedScripts(
  invocations: readonly Invocation[],
  surroundings: Surroundings,
  depth = 0,
): readonly Invocation[] {
  if (depth === deepest) return invocations;
  return invocations.flatMap(invocation => {
    const path = scriptPath(invocation);
    const inner = path === undefined ? [] : started(path, invocation, surroundings);
    return [
      invocation,
      ...withFollowedScripts(inner, surroundings, inner.length === 0 ? deepest : depth + 1),
    ];
  });
}

function started(path: string, invocation: Invocation, surroundings: Surroundings): readonly Invocation[] {
  const { copied, workdir, values, read } = surroundings;
  // Whoever wrote the base image may have said which directory that is, and where programs are looked for.
  const elsewhere = path.startsWith('/') ? [] : copied.named(posix.basename(path));
  for (const candidate of [...copied.candidates(posix.resolve(workdir, path)), ...elsewhere]) {
    const text = read(candidate);
    if (text === undefined) continue;
    const language = scriptLanguage(text, candidate);
    if (language === undefined) return [];
    const script = readIn(language, scriptText(text, candidate, invocation.program.word.range));
    return invocationsOf(script, values).invocations;
  }
  return [];
}

/** By its first line, else by its name. */
function scriptLanguage(text: string, file: string): ReturnType<typeof languageOf> {
  const interpreter = /^#!\s*(?:\S*\/env\s+(?:-\S+\s+)*)?(?:\S*\/)?(\S+)/.exec(text)?.[1];
  if (interpreter !== undefined) return languageOf(interpreter);
  if (/\.ps1$/i.test(file)) return 'powershell';
  return /\.(cmd|bat)$/i.test(file) ? 'cmd' : 'posix';
}

/** The path of a script that a program is, or is given. */
export function scriptPath({ name, program, args }: Invocation): string | undefined {
  if (/\/|\.(sh|bash)$/.test(program.text) && program.known && !isPosixShell(name)) return program.text;
  if (languageOf(name) === 'powershell')
    return args.find(({ text, known }) => known && /\.ps1$/i.test(text))?.text.replaceAll('\\', '/');
  if (!isPosixShell(name) && name !== 'source' && name !== '.') return undefined;
  if (args.some(({ text }) => /^-[a-z]*[cs]$/.test(text))) return undefined;
  const first = args.find(({ text }) => !/^[-+]/.test(text));
  return first?.known === true ? first.text : undefined;
}

/** A script of its own file, of which every place is one in the Dockerfile too. */
function scriptText(text: string, file: string, place: SourceRange): PlacedText {
  const slice = (from: number, to: number): PlacedText => ({
    text: text.slice(from, to),
    range: (start = 0) => {
      const before = text.slice(0, from + start);
      const line = before.split('\n').length;
      const column = from + start - before.lastIndexOf('\n');
      return { ...place, script: { file, line, column } };
    },
    slice: (start, end = to - from) => slice(from + start, from + end),
  });
  return slice(0, text.length);
}
