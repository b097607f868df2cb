import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, HoldfastError } from '../core/index.ts';
import { canonicalInstruction, checksumForm } from './canonical.ts';
import { expandHeredoc, expandWord, expandWords } from './expand.ts';
import type { FromInstruction, Instruction } from './instructions.ts';
import type { Word } from './mapped-text.ts';
import { type Dockerfile, parseDockerfile } from './parse.ts';

/** Pieces of Dockerfiles, thrown together: far more of them are nearly right than of random characters. */
const piece = fc.constantFrom(
  ...'FROM a|from b as c|ARG x=1|RUN |COPY |ADD |ENV |LABEL a|CMD |ONBUILD |SHELL |HEALTHCHECK |EXPOSE 80'.split(
    '|',
  ),
  ...'VOLUME /v|--from=a |--mount=type=cache,target=/x|--link |-- |--|<<EOF|<<-"E"|EOF|E|["a", "b"]|["|"]|[1]'.split(
    '|',
  ),
  ...'a|b=c|"|\'|`|$x|${x:-y}|${|}|\t| |#|# escape=`\n|\uFEFF|é|😀|\0|\u0085|\u2028|,|=|/|# c\n|`\n'.split(
    '|',
  ),
  ...'\n|\n|\n|\r\n|\\|\\\n|\\\n|\\ \n|\\\n# c\n  '.split('|'),
);
const pieces = fc.array(piece, { maxLength: 40 }).map(parts => parts.join(''));

/** One instruction that is likely to be right. */
const instruction = fc
  .tuple(
    fc.constantFrom(
      ...'RUN |RUN |RUN <<E |COPY a |ENV a=|LABEL a |CMD |ONBUILD RUN |EXPOSE 1|VOLUME /|USER u|ARG a'.split(
        '|',
      ),
    ),
    fc.array(
      fc.constantFrom(
        ...'a|b=c| |  |\t|"x y"|\'z\'|\\"|$x|\\\n|\\ \r\n|\\\n\n# c\n \t|é|😀|["a"]|#|<<E|,|\\\\'.split('|'),
      ),
      {
        maxLength: 9,
      },
    ),
    fc.constantFrom('\n', '\r\n', '\nE\n', '\n\tline\r\n\nE\n', '\n# c\n'),
  )
  .map(([keyword, operands, end]) => keyword + operands.join('') + end);

const source = fc.oneof(
  pieces.map(text => `FROM a\n${text}`),
  {
    weight: 3,
    arbitrary: fc.array(instruction, { maxLength: 3 }).map(lines => `\uFEFFFROM a\n${lines.join('')}`),
  },
  fc.string({ unit: 'binary' }),
);

function parsedOrRefused(text: string): Dockerfile | undefined {
  try {
    return parseDockerfile(text, 'Dockerfile');
  } catch (error) {
    if (error instanceof HoldfastError && error.exit === 2) return undefined;
    throw error;
  }
}

function instructionsOf({ metaArgs, stages }: Dockerfile): (Instruction | FromInstruction)[] {
  return [...metaArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])];
}

describe('whatever the text', () => {
  it('parses or throws a HoldfastError', () => {
    fc.assert(
      fc.property(source, text => {
        const dockerfile = parsedOrRefused(text);
        if (dockerfile === undefined) return;
        canonicalJson(checksumForm(dockerfile));
        for (const instruction of instructionsOf(dockerfile)) {
          expect(canonicalInstruction(instruction)).not.toContain('\n');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives every word and every character its exact place', () => {
    fc.assert(
      fc.property(source, text => {
        const dockerfile = parsedOrRefused(text);
        if (dockerfile === undefined) return;
        const lines = text.replace(/^\uFEFF/, '').split('\n');
        let end = 0;
        for (const { range, line, form, words, heredocs } of instructionsOf(dockerfile)) {
          expect(range.start).toBeGreaterThanOrEqual(end);
          end = range.end;
          const mapped = Array.from({ length: line.text.length }, (_, at) => text[line.offsetOf(at)]);
          expect(mapped.join('')).toBe(line.text);
          for (const { raw } of heredocs) {
            const { start, end: rawEnd } = raw.range();
            expect(text.slice(start, rawEnd)).toBe(raw.text);
          }
          for (const word of words) expectExactPlace(word, form === 'json', text, lines);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('expands or throws a HoldfastError', () => {
    const variables = new Map([
      ['x', 'a b'],
      ['y', ''],
    ]);
    const shellPiece = fc.constantFrom(
      ...'$x|${x|${y|${z|}|:-|:+|:?|#|##|%|/|//|*|?|\\|"|\'|<<|a| '.split('|'),
    );
    const texts = fc.oneof(
      fc.array(shellPiece).map(parts => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, text => {
        for (const expand of [expandWord, expandWords, expandHeredoc]) {
          try {
            expand(text, variables);
          } catch (error) {
            if (!(error instanceof HoldfastError && error.exit === 2)) throw error;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function expectExactPlace(
  { text, range }: Word,
  json: boolean,
  source: string,
  lines: readonly string[],
): void {
  const written = source.slice(range.start, range.end);
  if (!written.includes('\n')) {
    if (json) expect((JSON.parse(written) as string).toWellFormed()).toBe(text);
    else expect(written).toBe(text);
  }
  expect(lines[range.line - 1]?.slice(range.column - 1)).toSatisfy((rest: string) =>
    rest.startsWith(written.split('\n')[0] ?? ''),
  );
  expect(lines[range.endLine - 1]?.slice(0, range.endColumn - 1)).toSatisfy((before: string) =>
    before.endsWith(written.split('\n').at(-1) ?? ''),
  );
}
