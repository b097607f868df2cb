import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunInstruction } from '../index.ts';
import { parseDockerfile } from '../index.ts';
import { type Invocation, invocationsOf, readScript, scriptOfRun, textAt } from './index.ts';

const place = { start: 0, end: 1, line: 1, column: 1, endLine: 1, endColumn: 2 };

function runIn(text: string): RunInstruction {
  const [stage] = parseDockerfile(text, 'Dockerfile').stages;
  const run = stage?.instructions.find(instruction => instruction.keyword === 'RUN');
  if (run === undefined) throw new Error('no RUN');
  return run;
}

function started(text: string, variables: Readonly<Record<string, string>> = {}, shell?: string[]): string[] {
  return invocations(text, variables, shell).map(({ name, args }) =>
    [name, ...args.map(one => one.text)].join(' '),
  );
}

function invocations(
  text: string,
  variables: Readonly<Record<string, string>> = {},
  shell?: string[],
): readonly Invocation[] {
  const known = new Map(Object.entries(variables).map(([name, value]) => [name, { text: value }]));
  return invocationsOf(scriptOfRun(runIn(`FROM a\n${text}\n`), shell), known).invocations;
}

describe('the programs that a RUN starts', () => {
  it.each<[what: string, run: string, expected: string[]]>([
    ['a list', 'RUN a b && c || d; e &', ['a b', 'c', 'd', 'e']],
    ['continuations with comments', 'RUN a \\\n  # no\n  b \\\n  && c', ['a b', 'c']],
    ['a comment at the end', 'RUN a b # c', ['a b']],
    ['quotes', `RUN a "b c" 'd' e\\ f`, ['a b c d e f']],
    ['a heredoc script', 'RUN <<EOF\na b\nc\nEOF', ['a b', 'c']],
    ['a heredoc for a shell', 'RUN bash -e <<EOF\na b\nEOF', ['bash -e', 'a b']],
    ['a heredoc for another program', 'RUN cat <<EOF > /x\na b\nEOF', ['cat']],
    ['the exec form', 'RUN ["a", "b c"]', ['a b c']],
    ['a shell in exec form', 'RUN ["/bin/sh", "-ec", "a b; c"]', ['sh -ec a b; c', 'a b', 'c']],
    ['wrappers', 'RUN sudo -u root -E env A=1 timeout -k 5 10 nice -n 5 a b', ['a b']],
    ['sh -c', `RUN bash -o pipefail -ec 'a | b'`, ['bash -o pipefail -ec a | b', 'a', 'b']],
    ['eval', 'RUN eval "a b"', ['eval a b', 'a b']],
    ['su -c', 'RUN su - user -c "a b"', ['su - user -c a b', 'a b']],
    [
      'branches and loops',
      'RUN if a; then b; else c; fi; for x in 1 2; do d $x; done',
      ['a', 'b', 'c', 'd ${x}'],
    ],
    ['substitutions first', 'RUN a $(b `c`) <(d)', ['c', 'b `c`', 'd', 'a $(b `c`) <(d)']],
    ['subshells and groups', 'RUN (a; b) && { c; }', ['a', 'b', 'c']],
    ['functions', 'RUN f() { a; }; f', ['a', 'f']],
    ['a shebang for a shell', 'RUN <<EOF\n#!/usr/bin/env bash\na\nEOF', ['a']],
    ['a shebang for another program', 'RUN <<EOF\n#!/usr/bin/env python3\na\nEOF', []],
  ])('%s', (_what, run, expected) => {
    expect(started(run)).toEqual(expected);
  });

  it('puts in what is known, along straight lines', () => {
    expect(started('RUN a $X "$L" $L $N', { X: '1', L: 'b c' })).toEqual(['a 1 b c b c ${N}']);
    expect(invocations('RUN a "$L" $L', { L: 'b c' })[0]?.args.map(one => one.text)).toEqual([
      'b c',
      'b',
      'c',
    ]);
    expect(started('RUN V=2 && a $V')).toEqual(['a 2']);
    expect(started('RUN export V=2; a ${V:-3} ${W:-3}')).toEqual(['export V=2', 'a 2 3']);
    expect(started('RUN V=1; if x; then V=2; fi; a $V')).toEqual(['x', 'a ${V}']);
    expect(started('RUN V=$(x) && a $V')).toEqual(['x', 'a ${V}']);
    expect(invocations('RUN V=2 a')[0]?.environment.get('V')?.text).toBe('2');
  });

  it('tells what is piped in and what becomes an argument', () => {
    const [curl, sudo] = invocations('RUN curl u | sudo bash -s');
    expect(sudo?.input).toEqual([curl]);
    const all = invocations('RUN sh -c "$(curl u)"');
    const outer = all.find(({ name }) => name === 'sh');
    expect(outer?.args.flatMap(one => outer.outputs(one)).map(({ name }) => name)).toEqual(['curl']);
  });

  it.each(['fish', 'nu', 'C:\\tcl\\tclsh.exe'])('does not read %s', shell => {
    const script = scriptOfRun(runIn('FROM a\nRUN Get-Item $env:X; a | b\n'), [shell]);
    expect(script.commands).toEqual([]);
    expect(script.unread).toContain('written for the shell');
  });

  it('reads the body for any POSIX shell', () => {
    expect(started('RUN a', {}, ['/bin/bash', '-o', 'pipefail', '-c'])).toEqual(['a']);
  });
});

describe('places', () => {
  it.each([
    ['RUN a bbb', 'bbb'],
    ['RUN a \\\n   # c\n   bbb', 'bbb'],
    ['RUN <<EOF\na\n bbb\nEOF', 'bbb'],
    ['RUN sh -c "a bbb"', 'bbb'],
    ["RUN sh -c 'a && \\\n bbb'", 'bbb'],
    ['RUN x $(bbb)', 'bbb'],
    ['RUN bash <<EOF\nbbb\nEOF', 'bbb'],
    ['RUN ["x", "bbb"]', '"bbb"'],
  ])('%s', (run, written) => {
    const text = `FROM a\n${run}\n`;
    const words = invocations(run).flatMap(({ program, args }) => [program, ...args]);
    const found = words.findLast(({ text: value }) => value === 'bbb');
    const { start = 0, end = 0, line, column } = found?.word.range ?? {};
    expect(text.slice(start, end)).toBe(written);
    const before = text.slice(0, text.lastIndexOf(written)).split('\n');
    expect([line, column]).toEqual([before.length, (before.at(-1)?.length ?? 0) + 1]);
  });
});

describe('whatever the text', () => {
  const piece = fc.constantFrom(
    ...'a|b |-c |"|\'|`|$|$(|)|${|}|x=1 |;|&&|\\|\\n|(|{ | }|if |then |fi|do |done|for x in |while |case |esac|;;'.split(
      '|',
    ),
    '|',
    '||',
    '<<E\n',
    '\nE\n',
    '<(',
    '$((',
    '))',
    '[[ ',
    ' ]]',
    '\n',
    '\\\n',
    '\t',
    '#',
    '!',
    '=',
    '~',
    '*',
    '\0',
    'é',
    '😀',
    'sh -c ',
    'eval ',
  );
  const script = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map(parts => parts.join('')),
    fc.string({ unit: 'binary' }),
  );

  it('reads it or says why not, with places inside it', () => {
    fc.assert(
      fc.property(script, text => {
        const read = readScript(textAt(text, place));
        const { invocations: all } = invocationsOf(read, new Map());
        for (const { args } of all) for (const one of args) expect(typeof one.text).toBe('string');
        if (text.includes('\0')) expect(read.unread).toContain('NUL');
      }),
      { numRuns: 3000 },
    );
  });

  it('gives each word of a Dockerfile the place where it stands', () => {
    const line = fc.array(
      fc.constantFrom('a', ' ', '"b c"', "'d'", ' \\\n ', '$(e)', ' && ', ' | ', '\\\n# c\n', '$x', 'é'),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(line, parts => {
        const text = `FROM a\nRUN x ${parts.join('')}\n`;
        for (const { words } of scriptOfRun(runIn(text), undefined).commands)
          for (const word of words) {
            const { start, end } = word.range;
            const written = text.slice(start, end);
            if (!written.includes('\n')) expect(written).toBe(word.text);
          }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a line of a megabyte', 'a '.repeat(500_000)],
    ['deep nesting', '$('.repeat(20_000)],
    ['deep groups', '('.repeat(20_000)],
    ['open quotes', '"'.repeat(9_999)],
    ['many heredocs', 'a <<E\n'.repeat(5_000)],
    ['nested scripts', `sh -c '${'sh -c "'.repeat(50)}`],
  ])('%s', (_what, text) => {
    const read = readScript(textAt(text, place));
    expect(read.unread ?? read.commands.length).toBeTruthy();
  });
});
