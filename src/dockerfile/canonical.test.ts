import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../core/index.ts';
import { canonicalInstruction, checksumForm } from './canonical.ts';
import { parseDockerfile } from './parse.ts';
import { parsed } from './testing.ts';

function canonical(...lines: readonly string[]): string[] {
  return (parsed(...lines).stages[0]?.instructions ?? []).map(canonicalInstruction);
}

const form = (text: string): string => canonicalJson(checksumForm(parseDockerfile(text, 'f')));

describe('canonicalInstruction', () => {
  it.each([
    ['run  a   b\t', 'RUN a   b'],
    ['RUN a \\\n# c\n\n   b', 'RUN a    b'],
    [
      'run --network=none   --mount="type=cache,target=/a b"  c',
      'RUN --network=none --mount="type=cache,target=/a b" c',
    ],
    ['CMD [ "a" ,"b c"]', 'CMD ["a","b c"]'],
    ['Copy  a\tb   c', 'COPY a b c'],
    ['ENV  a=1   b="2  3"', 'ENV a=1 b="2  3"'],
    ['ENV a    1  2', 'ENV a 1  2'],
    ['HEALTHCHECK none', 'HEALTHCHECK NONE'],
    ['HEALTHCHECK --interval=1s cmd  a  b', 'HEALTHCHECK --interval=1s CMD a  b'],
    ['ONBUILD   copy a   b', 'ONBUILD COPY a b'],
    ['RUN <<A\none "two"\nA', 'RUN <<A # ["one \\"two\\"\\n"]'],
  ])('%j', (text, expected) => {
    expect(canonical(text)).toEqual([expected]);
  });

  it('spells a stage in one way', () => {
    const [stage] = parseDockerfile('from  --platform=linux/amd64  a  as  Name', 'f').stages;
    expect(stage && canonicalInstruction(stage.from)).toBe('FROM --platform=linux/amd64 a AS name');
  });
});

describe('checksumForm', () => {
  const plain = 'FROM a AS b\nENV x=1 y="2  3"\nRUN one && two\nCOPY --link --from=b c d\nCMD ["e", "f"]\n';

  it.each([
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${plain}`],
    ['comments and empty lines', plain.replaceAll('\n', '\n# c\n\n')],
    ['the escape it has anyway, and checks', `# escape=\\\n# check=skip=all\n${plain}`],
    ['the case of keywords and stages', plain.replace('FROM a AS b', 'from a as B').replace('RUN', 'run')],
    ['blanks between words', plain.replaceAll(' c d', '\tc    d ').replace('x=1 ', 'x=1    ')],
    [
      'continuations',
      plain.replace('one && two', 'one \\\n&& \\\n# c\n\n\\\ntwo').replace('c d', 'c \\\n d'),
    ],
    ['blanks in a JSON array', plain.replace('["e", "f"]', '[ "e" ,"\\u0066"]')],
    ['quotes around a flag', plain.replace('--from=b', '--from="b"')],
    ['no line end at the end', plain.trimEnd()],
  ])('does not show %s', (_, text) => {
    expect(text).not.toBe(plain);
    expect(form(text)).toBe(form(plain));
  });

  it.each([
    ['a blank in a command', plain.replace('one &&', 'one  &&')],
    ['a blank in a value', plain.replace('2  3', '2 3')],
    ['quotes around a value', plain.replace('x=1', 'x="1"')],
    ['the shell form', plain.replace('["e", "f"]', 'e f')],
    ['a flag', plain.replace('--link ', '')],
    ['the order', plain.replace('c d', 'd c')],
    ['the escape', `# escape=\`\n${plain}`],
    ['the frontend', `# syntax=x\n${plain}`],
    ['an argument on top', `ARG z\n${plain}`],
    ['a stage', `${plain}FROM g`],
  ])('shows %s', (_, text) => {
    expect(form(text)).not.toBe(form(plain));
  });

  it.each([
    ['COPY "a b" c', 'COPY "a  b" c', true],
    ['ENV a b', 'ENV a=b', false],
    ['HEALTHCHECK NONE', 'HEALTHCHECK CMD NONE', false],
    ['RUN <<A\nb\nA', 'RUN <<A\nb\r\nA', false],
    ['RUN <<A\nb\nA', 'RUN <<A\nb\n\nA', false],
    ['RUN <<A\nb\nA', 'RUN <<-A\nb\nA', false],
    ['RUN <<A\nb\nA', 'RUN <<"A"\nb\nA', false],
    ['ONBUILD RUN a', 'ONBUILD RUN  a', false],
    ['CMD []', 'CMD', false],
    ['CMD ["a b"]', 'CMD a b', false],
    ['LABEL "a b"=c', 'LABEL "a  b"=c', false],
  ])('%j and %j', (one, other, equal) => {
    expect(form(`FROM a\n${one}`) === form(`FROM a\n${other}`)).toBe(equal);
  });
});
