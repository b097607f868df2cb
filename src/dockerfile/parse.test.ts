import { describe, expect, it } from 'vitest';
import { canonicalInstruction } from './canonical.ts';
import type { FromInstruction, Instruction } from './instructions.ts';
import { maximumLength, parseDockerfile, parseTrigger } from './parse.ts';
import { only, parsed, problemOf } from './testing.ts';

const texts = (words: readonly { readonly text: string }[]): string[] => words.map(({ text }) => text);

describe('a whole Dockerfile', () => {
  const text = [
    '# syntax=docker/dockerfile:1',
    '# escape=\\',
    'ARG BASE="debian" \\',
    '  TAG',
    '',
    'from --platform=$BUILDPLATFORM ${BASE}:${TAG} as Build',
    'RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\',
    '    # the compiler',
    '    apt-get update && \\',
    '    apt-get install -y gcc',
    'COPY --from=tools --chown=1:1 src/*.c "odd name" /src/',
    '',
    'FROM scratch',
    'COPY --link --from=build ["/bin/x y", "/bin/"]',
    'ENTRYPOINT ["/bin/x y"]',
    'Healthcheck --interval=1m30s --retries=3 CMD test -e /x',
    '',
  ].join('\n');
  const dockerfile = parseDockerfile(text, 'Dockerfile');
  const at = (place: { start: number; end: number }): string => text.slice(place.start, place.end);

  it('has its stages', () => {
    const [first, second] = dockerfile.stages;
    expect(
      dockerfile.metaArgs.flatMap(({ args }) => args.map(arg => [arg.name.text, arg.value?.text])),
    ).toEqual([
      ['BASE', '"debian"'],
      ['TAG', undefined],
    ]);
    expect(first).toMatchObject({ index: 0, name: 'build', base: { text: '${BASE}:${TAG}' } });
    expect(first?.from.platform?.text).toBe('$BUILDPLATFORM');
    expect(second).toMatchObject({ index: 1, base: { text: 'scratch' } });
    expect(second).not.toHaveProperty('name');
    expect(second?.instructions.map(({ keyword }) => keyword)).toEqual(['COPY', 'ENTRYPOINT', 'HEALTHCHECK']);
    expect(at(first?.range ?? { start: 0, end: 0 }).split('\n')).toHaveLength(6);
    expect(dockerfile.directives).toMatchObject({ escape: '\\', syntax: { text: 'docker/dockerfile:1' } });
    expect(dockerfile.warnings).toEqual([]);
  });

  it('knows the place of every part', () => {
    const [run, copy] = dockerfile.stages[0]?.instructions ?? [];
    if (run?.keyword !== 'RUN' || copy?.keyword !== 'COPY' || run.command.form !== 'shell') throw new Error();
    expect(run.range).toMatchObject({ line: 7, column: 1, endLine: 10, endColumn: 27 });
    const command = run.command.text;
    const gcc = command.text.indexOf('gcc');
    expect(command.range(gcc, gcc + 3)).toMatchObject({ line: 10, column: 24, endLine: 10, endColumn: 27 });
    expect(run.mounts[0]?.fields.map(({ value }) => value && at(value.range))).toEqual([
      'cache',
      '/var/cache/apt',
      'locked',
    ]);
    expect(copy.from && at(copy.from.range)).toBe('tools');
    expect(copy.sources.map(({ range }) => at(range))).toEqual(['src/*.c', '"odd', 'name"']);
    expect(at(copy.destination.range)).toBe('/src/');
    expect(at(dockerfile.stages[0]?.from.base.range ?? { start: 0, end: 0 })).toBe('${BASE}:${TAG}');
    const json = dockerfile.stages[1]?.instructions[0];
    expect(json?.words.map(({ text: word, range }) => [word, at(range)])).toEqual([
      ['/bin/x y', '"/bin/x y"'],
      ['/bin/', '"/bin/"'],
    ]);
  });

  it('keeps its text', () => {
    expect(dockerfile.text).toBe(text);
  });
});

describe('operands', () => {
  it.each([
    ['ENV a=1 b="two  words" c=t\\ w d=\'x y\'', ['a=1', 'b="two  words"', 'c=t\\ w', "d='x y'"]],
    ['ENV a= b=""', ['a=', 'b=""']],
    ['ENV name  a value  with = "all"', ['name=a value  with = "all"']],
    ['ENV a="it\\"s" b=\'\\\' c="x\\', ['a="it\\"s"', "b='\\'", 'c="x']],
    ['ENV --  a=b', ['a=b']],
  ])('%s', (line, expected) => {
    const env = only('ENV', line);
    expect(env.variables.map(({ name, value }) => `${name.text}=${value.text}`)).toEqual(expected);
  });

  it('LABEL and ARG read quotes too', () => {
    expect(only('LABEL', 'LABEL "a b"="c d" e=f').labels.map(({ name }) => name.text)).toEqual([
      '"a b"',
      'e',
    ]);
    const { args } = only('ARG', 'ARG a b=c d="e f" g=');
    expect(args.map(({ name, value }) => [name.text, value?.text])).toEqual([
      ['a', undefined],
      ['b', 'c'],
      ['d', '"e f"'],
      ['g', ''],
    ]);
  });

  it.each([
    ['CMD ["a", "b\\u0041\\n", ""]', ['a', 'bA\n', '']],
    ['CMD [ ]', []],
    ['CMD \t[\t"a"\t]\t', ['a']],
    ['CMD ["\\ud800"]', ['\ufffd']],
  ])('exec form: %s', (line, expected) => {
    const { command } = only('CMD', line);
    expect(command.form === 'exec' && texts(command.words)).toEqual(expected);
  });

  it.each(["CMD ['a']", 'CMD ["a",]', 'CMD ["a"] b', 'CMD ["a"', 'CMD "a"', 'CMD [a]', 'CMD'])(
    'shell form: %s',
    line => {
      const { command } = only('CMD', line);
      expect(command.form === 'shell' && command.text.text).toBe(line.slice(4));
    },
  );

  it('COPY and its like split at blanks whatever the quotes, and read JSON', () => {
    expect(texts(only('COPY', 'COPY a\t "b  c" d').words)).toEqual(['a', '"b', 'c"', 'd']);
    expect(only('COPY', 'COPY ["a b", "c"]').destination.text).toBe('c');
    expect(texts(only('VOLUME', 'VOLUME /a /b').volumes)).toEqual(['/a', '/b']);
    expect(texts(only('VOLUME', 'VOLUME ["/a b"]').volumes)).toEqual(['/a b']);
    expect(texts(only('EXPOSE', 'EXPOSE 80 $PORT/udp').ports)).toEqual(['80', '$PORT/udp']);
    expect(only('WORKDIR', 'WORKDIR  /a  b ').path.text).toBe('/a  b');
  });

  it('HEALTHCHECK has a command or none', () => {
    expect(only('HEALTHCHECK', 'HEALTHCHECK none')).not.toHaveProperty('check');
    const { check } = only('HEALTHCHECK', 'HEALTHCHECK --start-period=1.5s --timeout=0 cmd ["a", "b"]');
    expect(check).toMatchObject({ startPeriod: 1.5e9, timeout: 0, interval: 0, retries: 0 });
    expect(check?.command.form === 'exec' && texts(check.command.words)).toEqual(['a', 'b']);
  });

  it('ONBUILD holds an instruction', () => {
    const { trigger, expression } = only('ONBUILD', 'ONBUILD   run   a \\', '  b');
    expect(trigger).toMatchObject({ keyword: 'RUN', command: { form: 'shell', text: { text: 'a   b' } } });
    expect(expression).toBe('run   a   b');
    const from = { file: 'Dockerfile', line: 7, column: 3 };
    const again = parseTrigger(expression, from);
    expect(canonicalInstruction(again)).toBe(canonicalInstruction(trigger));
    expect(problemOf(() => parseTrigger('FROM a', from))).toBe('DOCKERFILE_ONBUILD 7:3');
    expect(problemOf(() => parseTrigger('RUN a\nRUN b', from))).toBe('DOCKERFILE_ONBUILD 7:3');
  });
});

describe('flags', () => {
  it('are unquoted, end at -- and at the first word that is none', () => {
    const copy = only('COPY', 'COPY --chown="a b" --chmod=\\+x --link -- --from=x /d');
    expect([copy.chown?.text, copy.chmod?.text, copy.link]).toEqual(['a b', '+x', true]);
    expect(texts(copy.sources)).toEqual(['--from=x']);
    expect(only('RUN', 'RUN a --mount=x').mounts).toEqual([]);
  });

  it('tell not given from false', () => {
    expect(only('ADD', 'ADD a b')).not.toHaveProperty('unpack');
    const add = only('ADD', 'ADD --unpack=FALSE --keep-git-dir --link=false --checksum=sha256:0 a b');
    expect(add).toMatchObject({
      unpack: false,
      keepGitDir: true,
      link: false,
      checksum: { text: 'sha256:0' },
    });
  });

  it('may come several times only where that means something', () => {
    expect(texts(only('COPY', 'COPY --exclude=*.md --exclude=$X a b').exclude)).toEqual(['*.md', '$X']);
    expect(problemOf(() => parsed('COPY --from=a --from=b c d'))).toBe('DOCKERFILE_FLAG_VALUE 2:15');
  });

  it('RUN has network, security and devices', () => {
    expect(only('RUN', 'RUN a')).toMatchObject({ network: 'default', security: 'sandbox', devices: [] });
    const run = only(
      'RUN',
      'RUN --network=none --security=insecure --device=v/d=all,required --device=name=x a',
    );
    expect(run).toMatchObject({
      network: 'none',
      security: 'insecure',
      devices: [
        { name: 'v/d=all', required: true },
        { name: 'x', required: false },
      ],
    });
  });
});

describe('problems', () => {
  it.each([
    ['', 'DOCKERFILE_EMPTY 1:1'],
    ['# only a comment\n\n', 'DOCKERFILE_EMPTY 1:1'],
    ['ARG a\n', 'DOCKERFILE_NO_STAGE 1:1'],
    ['ARG a\n RUN b\nFROM c', 'DOCKERFILE_NO_STAGE 2:2'],
    ['FROM', 'DOCKERFILE_ARGUMENTS 1:1'],
    ['FROM a b', 'DOCKERFILE_ARGUMENTS 1:1'],
    ['FROM a to b', 'DOCKERFILE_ARGUMENTS 1:1'],
    ['FROM a AS b c', 'DOCKERFILE_ARGUMENTS 1:1'],
    ['FROM a AS 1', 'DOCKERFILE_STAGE_NAME 1:11'],
    ['FROM a AS b/c', 'DOCKERFILE_STAGE_NAME 1:11'],
    ['FROM a\n\\', 'DOCKERFILE_UNKNOWN_INSTRUCTION 2:1'],
    ['FROM a\nFROMM b', 'DOCKERFILE_UNKNOWN_INSTRUCTION 2:1'],
    ['FROM a\nRUN --mout=type=cache b', 'DOCKERFILE_UNKNOWN_FLAG 2:5'],
    ['FROM a\nCOPY --chown=1 \\\n  --users=2 a b', 'DOCKERFILE_UNKNOWN_FLAG 3:3'],
    ['FROM a\nWORKDIR --x /a', 'DOCKERFILE_UNKNOWN_FLAG 2:9'],
    ['FROM a\nARG --x y', 'DOCKERFILE_UNKNOWN_FLAG 2:5'],
    ['FROM a\nCOPY --chown a b', 'DOCKERFILE_FLAG_VALUE 2:6'],
    ['FROM a\nCOPY --link= a b', 'DOCKERFILE_FLAG_VALUE 2:6'],
    ['FROM a\nCOPY --link=1 a b', 'DOCKERFILE_FLAG_VALUE 2:6'],
    ['FROM a\nCOPY --from=$b c d', 'DOCKERFILE_FLAG_VALUE 2:13'],
    ['FROM a\nCOPY b', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nADD', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nRUN --network=bridge b', 'DOCKERFILE_FLAG_VALUE 2:15'],
    ['FROM a\nRUN --security=off b', 'DOCKERFILE_FLAG_VALUE 2:16'],
    ['FROM a\nRUN []', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nRUN ["b", 1]', 'DOCKERFILE_JSON 2:5'],
    ['FROM a\nCMD [[]]', 'DOCKERFILE_JSON 2:5'],
    ['FROM a\nSHELL /bin/sh', 'DOCKERFILE_JSON 2:1'],
    ['FROM a\nSHELL []', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nENV', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nENV b', 'DOCKERFILE_ARGUMENTS 2:5'],
    ['FROM a\nENV b=1 \\\n c', 'DOCKERFILE_ARGUMENTS 3:2'],
    ['FROM a\nENV =b', 'DOCKERFILE_ARGUMENTS 2:5'],
    ['FROM a\nARG', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nARG b =c', 'DOCKERFILE_ARGUMENTS 2:7'],
    ['FROM a\nUSER', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nEXPOSE', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nVOLUME []', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nVOLUME ["/b", " "]', 'DOCKERFILE_ARGUMENTS 2:15'],
    ['FROM a\nHEALTHCHECK', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nHEALTHCHECK curl', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nHEALTHCHECK NONE b', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nHEALTHCHECK CMD', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nHEALTHCHECK --interval=50us CMD b', 'DOCKERFILE_FLAG_VALUE 2:24'],
    ['FROM a\nHEALTHCHECK --timeout=5 CMD b', 'DOCKERFILE_FLAG_VALUE 2:23'],
    ['FROM a\nHEALTHCHECK --retries=-1 CMD b', 'DOCKERFILE_FLAG_VALUE 2:23'],
    ['FROM a\nONBUILD', 'DOCKERFILE_ARGUMENTS 2:1'],
    ['FROM a\nONBUILD ONBUILD RUN b', 'DOCKERFILE_ONBUILD 2:9'],
    ['FROM a\nONBUILD FROM b', 'DOCKERFILE_ONBUILD 2:9'],
    ['FROM a\nONBUILD MAINTAINER b', 'DOCKERFILE_ONBUILD 2:9'],
    ['FROM a\nONBUILD NOPE b', 'DOCKERFILE_UNKNOWN_INSTRUCTION 2:9'],
  ])('%j', (text, problem) => {
    expect(problemOf(() => parseDockerfile(text, 'Dockerfile'))).toBe(problem);
  });

  it('suggests what was meant', () => {
    expect(() => parsed('WROKDIR /a')).toThrow(expect.objectContaining({ next: 'Did you mean WORKDIR?' }));
    expect(() => parsed('RUN --mout=a b')).toThrow(
      expect.objectContaining({ next: 'Did you mean --mount?' }),
    );
    expect(() => parsed('<html>')).toThrow(
      expect.objectContaining({ next: expect.stringMatching(/^Use one of/) }),
    );
  });

  it('warns of what Docker warns of', () => {
    const lines = ['RUN a \\', '', '  b', 'FROM c AS x', 'FROM d AS X', 'FROM e AS Scratch'];
    const found = parsed(...lines).warnings.map(({ code, range }) => `${code} ${range.line}`);
    expect(found).toEqual(['EMPTY_CONTINUATION 3', 'DUPLICATE_STAGE_NAME 6', 'RESERVED_STAGE_NAME 7']);
  });

  it('refuses a file that is far too long before it looks into it', () => {
    const text = 'FROM a\n'.padEnd(maximumLength + 1, '\n');
    expect(problemOf(() => parseDockerfile(text, 'f'))).toBe('DOCKERFILE_TOO_LARGE 1:undefined');
    expect(problemOf(() => parseDockerfile(text.slice(1), 'f'))).toBe('DOCKERFILE_UNKNOWN_INSTRUCTION 1:1');
  });

  it('takes instructions of many words and lines', () => {
    const words = Array.from({ length: 200_000 }, (_, index) => `a${index}`);
    const dockerfile = parsed(`EXPOSE ${words.join(' \\\n')}`);
    const [expose]: readonly (Instruction | FromInstruction)[] = dockerfile.stages[0]?.instructions ?? [];
    expect(expose && canonicalInstruction(expose)).toBe(`EXPOSE ${words.join(' ')}`);
  });
});
