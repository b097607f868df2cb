import { describe, expect, it } from 'vitest';
import { heredocWord, heredocWordsIn } from './heredoc.ts';
import { only, parsed, problemOf } from './testing.ts';

describe('heredoc words', () => {
  it.each([
    ['<<END', { name: 'END', expand: true, tabs: false, descriptor: 0 }],
    ['<<-END', { name: 'END', expand: true, tabs: true, descriptor: 0 }],
    ['12<<END', { name: 'END', expand: true, tabs: false, descriptor: 12 }],
    ['<<"END"', { name: 'END', expand: false, tabs: false, descriptor: 0 }],
    ["<<-'the end'", { name: 'the end', expand: false, tabs: true, descriptor: 0 }],
    ['<<E"N"D', { name: 'END', expand: false, tabs: false, descriptor: 0 }],
    ["<<don\\'t", { name: "don't", expand: true, tabs: false, descriptor: 0 }],
    ['<<$x', { name: '$x', expand: true, tabs: false, descriptor: 0 }],
    ['<<  END', { name: 'END', expand: true, tabs: false, descriptor: 0 }],
    ['<< -END', { name: '-END', expand: true, tabs: false, descriptor: 0 }],
  ])('%s', (text, expected) => {
    expect(heredocWord(text)).toEqual(expected);
  });

  it.each(['', 'END', '<END', '<<', '<<-', '<<<END', 'x<<END', '<<END sh', '"<<END"', '<<"END', '<<A<<B'])(
    'not %s',
    text => {
      expect(heredocWord(text)).toBeUndefined();
    },
  );

  it.each([
    ['RUN <<A', ['A']],
    ['RUN cat <<A - 3<<B >x', ['A', 'B']],
    ['RUN cat << A', ['A']],
    ['RUN echo "<<A"', []],
    ["RUN echo '<<A' <<B", ['B']],
    ['RUN cat <<<A', []],
    ['RUN cat<<A', []],
    ["RUN <<A echo it's", []],
    ['RUN <<A echo $x ${y:-z} ${y:0:2}', ['A']],
    ['RUN <<A echo ${#y}', []],
  ])('in %s', (line, names) => {
    expect(heredocWordsIn(line).map(({ name }) => name)).toEqual(names);
  });
});

describe('RUN with heredocs', () => {
  it('is a script where the heredoc is all of it', () => {
    const { command } = only('RUN', 'RUN <<A', '#!/bin/x', '', '# kept', ' a \\', 'A ', 'A', 'USER u');
    expect(command).toMatchObject({ form: 'script', name: 'A', shebang: true });
    expect(command.form === 'script' && command.text.text).toBe('#!/bin/x\n\n# kept\n a \\\nA \n');
  });

  it('is for the shell where there is more, terminators included', () => {
    const { command } = only('RUN', 'RUN cat <<-A \\', '  3<<B | sh', '\tone', '\tA', 'two', 'B', 'USER u');
    expect(command.form === 'shell' && command.text.text).toBe('cat <<-A   3<<B | sh\n\tone\nA\ntwo\nB');
  });

  it('loses leading tabs of its script for <<- and keeps the places', () => {
    const dockerfile = parsed('RUN <<-A', '\t\tone', '\ttwo\t', '\tA', 'USER u');
    const [run, user] = dockerfile.stages[0]?.instructions ?? [];
    expect(user?.keyword).toBe('USER');
    if (run?.keyword !== 'RUN' || run.command.form !== 'script') throw new Error('no script');
    const { text } = run.command;
    expect(text.text).toBe('one\ntwo\t\n');
    expect(text.range(4, 7)).toMatchObject({ line: 4, column: 2, endLine: 4, endColumn: 5 });
    expect(run.range).toMatchObject({ line: 2, endLine: 5 });
  });

  it('keeps carriage returns of the body, but not for the terminator', () => {
    const { command } = only('RUN', 'RUN <<A\r', 'one\r', 'A\r', 'USER u\r');
    expect(command.form === 'script' && command.text.text).toBe('one\r\n');
  });

  it('has none as a JSON array, or in other instructions', () => {
    expect(only('RUN', 'RUN ["<<A"]').heredocs).toEqual([]);
    expect(only('WORKDIR', 'WORKDIR <<A').path.text).toBe('<<A');
  });

  it('needs its terminator', () => {
    expect(problemOf(() => parsed('RUN <<A', 'a', ' A'))).toBe('DOCKERFILE_HEREDOC 2:1');
    expect(problemOf(() => parsed('RUN <<A', 'a', '\tA'))).toBe('DOCKERFILE_HEREDOC 2:1');
  });
});

describe('COPY with heredocs', () => {
  it('gives files besides sources', () => {
    const copy = only('COPY', "COPY a <<b.txt <<-'c' /d/", 'x $y', 'b.txt', '\tz $y', 'c');
    expect(copy.sources.map(({ text }) => text)).toEqual(['a']);
    expect(copy.destination.text).toBe('/d/');
    const files = copy.files.map(({ path, content, expand }) => [path, content.text, expand]);
    expect(files).toEqual([
      ['b.txt', 'x $y\n', true],
      ['c', 'z $y\n', false],
    ]);
  });

  it('takes none for a destination or in a JSON array', () => {
    expect(problemOf(() => parsed('COPY a <<b', 'b'))).toBe('DOCKERFILE_HEREDOC 2:8');
    expect(problemOf(() => parsed('COPY ["<<b", "/d"]'))).toBe('DOCKERFILE_HEREDOC 2:7');
  });

  it('works within ONBUILD, whose text keeps the bodies', () => {
    const onbuild = only('ONBUILD', 'ONBUILD COPY <<a <<b /d', 'one', 'a', 'two', 'b');
    expect(onbuild.trigger).toMatchObject({ keyword: 'COPY', files: [{ path: 'a' }, { path: 'b' }] });
    expect(onbuild.expression).toBe('COPY <<a <<b /d\none\na\ntwo\nb');
  });
});
