import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDockerfile } from '../index.ts';
import { type Invocation, invocationsOf, readIn, scriptOfRun, textAt } from './index.ts';

const place = { start: 0, end: 1, line: 1, column: 1, endLine: 1, endColumn: 2 };

function invocations(
  text: string,
  shell: readonly string[] | undefined,
  variables: Readonly<Record<string, string>> = {},
): readonly Invocation[] {
  const [stage] = parseDockerfile(text, 'Dockerfile').stages;
  const known = new Map(Object.entries(variables).map(([name, value]) => [name, { text: value }]));
  return (stage?.instructions ?? []).flatMap(instruction => {
    if (instruction.keyword !== 'RUN') return [];
    const { invocations: found, unread } = invocationsOf(scriptOfRun(instruction, shell), known);
    expect(unread).toBeUndefined();
    return found;
  });
}

function started(
  run: string,
  shell: readonly string[] | undefined,
  variables?: Record<string, string>,
): string[] {
  return invocations(`FROM a\n${run}\n`, shell, variables).map(({ name, args }) =>
    [name, ...args.map(one => one.text)].join(' '),
  );
}

const powershell = ['powershell', '-Command'];

describe('PowerShell', () => {
  it.each<[what: string, run: string, expected: string[]]>([
    ['a list and a pipe', 'RUN A-B c; D-E | F-G h', ['a-b c', 'd-e', 'f-g h']],
    [
      'aliases',
      'RUN iwr u -OutFile f; irm u | iex',
      ['invoke-webrequest u -OutFile f', 'invoke-restmethod u', 'invoke-expression'],
    ],
    [
      'curl, as what it is given says',
      'RUN curl -Uri u; curl u; curl.exe u',
      ['invoke-webrequest -Uri u', 'curl u', 'curl u'],
    ],
    ['strings', `RUN x 'a ''b''' "c $d \`"e\`"" \\"f g\\"`, ['x a \'b\' c ${d} "e" f g']],
    [
      'groups',
      "RUN iex ((New-Object Net.WebClient).DownloadString('u'))",
      [
        'new-object Net.WebClient',
        'downloadstring u',
        "invoke-expression ((New-Object Net.WebClient).DownloadString('u'))",
      ],
    ],
    [
      'methods',
      "RUN $c = New-Object Net.WebClient; $c.DownloadFile('u', 'f')",
      ['new-object Net.WebClient', 'downloadfile u f'],
    ],
    [
      'blocks',
      'RUN if (a-b) { c-d } elseif (e) { f } else { g }; try { h } catch { i }',
      ['a-b', 'c-d', 'e', 'f', 'g', 'h', 'i'],
    ],
    ['loops', "RUN foreach ($x in @('a', 'b')) { install $x }; 1..3 | % { d }", ['install ${x}', 'd']],
    [
      'calls',
      "RUN & 'C:\\Program Files\\x\\pip.exe' install a; .\\b.ps1 c; & { d }",
      ['pip install a', 'b.ps1 c', 'd'],
    ],
    ['lists', "RUN a b, c @('d', 'e')", ['a b c d e']],
    ['comments', 'RUN a <# b; c #> d # e; f', ['a d']],
    ['continuations', 'RUN <<E\na `\n  b\nE', ['a b']],
    ['another shell inside', 'RUN cmd /c "a & b"; c', ['cmd /c a & b', 'a', 'b', 'c']],
    [
      'script blocks made of text',
      'RUN & ([scriptblock]::Create((irm u))) -x',
      ['invoke-restmethod u', 'invoke-expression (irm u)'],
    ],
    ['conditional chains', 'RUN a && b || c', ['a', 'b', 'c']],
    ['tables', 'RUN a @{ b = 1; c = 2 } d', ['a d']],
    ['stringed programs', 'RUN "a b" | c', ['c']],
  ])('%s', (_what, run, expected) => {
    expect(started(run, powershell)).toEqual(expected);
  });

  it('follows plain values', () => {
    expect(started("RUN $v = '1.2'; pip install a==$v", powershell)).toEqual(['pip install a==1.2']);
    expect(started('RUN pip install "a==$env:V"', powershell, { V: '3' })).toEqual(['pip install a==3']);
    expect(started("RUN $v = '1'; $v += '2'; a $v", powershell)).toEqual(['a ${v}']);
    expect(started("RUN $env:V = '1'; a ${env:V}", powershell)).toEqual(['a 1']);
  });

  it('is read inside other shells', () => {
    expect(started('RUN pwsh -NoProfile -Command "Install-Module a"', undefined)).toContain(
      'install-module a',
    );
    expect(
      started('RUN powershell -NoProfile -ExecutionPolicy Bypass -Command "iwr \\"u\\""', ['cmd']),
    ).toContain('invoke-webrequest u');
    expect(started('RUN powershell Remove-Item x; iwr u', ['cmd'])).toContain('invoke-webrequest u');
    expect(started('RUN ["powershell", "-c", "iwr u"]', ['cmd'])).toContain('invoke-webrequest u');
    const encoded = Buffer.from('iwr u', 'utf16le').toString('base64');
    expect(started(`RUN powershell -EncodedCommand ${encoded}`, ['cmd'])).toContain('invoke-webrequest u');
    expect(started('RUN <<EOF\n#!/usr/bin/env pwsh\niwr u\nEOF', undefined)).toEqual(['invoke-webrequest u']);
  });

  it('says what it cannot read', () => {
    for (const text of ["a 'b", 'a "b', 'if (a', 'a { b', '@"\nx'])
      expect(readIn('powershell', textAt(text, place)).unread).toContain('not read to the end');
  });
});

describe('cmd', () => {
  it.each<[what: string, run: string, expected: string[]]>([
    ['a list', 'RUN a b && c & d || e', ['a b', 'c', 'd', 'e']],
    ['quotes and carets', 'RUN x "a & b" c^&d', ['x a & b c&d']],
    ['groups', 'RUN (a & b) && c', ['a', 'b', 'c']],
    ['conditions', 'RUN if not exist C:\\x (a) else b', ['a', 'b']],
    ['comparisons', 'RUN if "%A%"=="b" c', ['c']],
    ['loops', 'RUN for /D %i in ("x\\*") do rmdir /S "%i"', ['rmdir /S %i']],
    ['start and call', 'RUN call a b & start /w "" setup.exe /quiet', ['a b', 'setup /quiet']],
    ['programs by path', 'RUN "%ProgramFiles%\\x\\npm.cmd" i & C:\\y\\PIP.exe z', ['npm i', 'PIP z']],
    ['remarks', 'RUN rem a & b', []],
    ['redirections', 'RUN a > b 2>&1', ['a']],
    ['inner shells', 'RUN cmd /S /C "a && b"', ['cmd /S /C a && b', 'a', 'b']],
  ])('%s', (_what, run, expected) => {
    expect(started(run, ['cmd'])).toEqual(expected);
  });

  it('follows plain values', () => {
    expect(started('RUN set "V=1.2" && pip install a==%V%', ['cmd'])).toEqual(['pip install a==1.2']);
    expect(started('RUN curl -o "%X%" u', ['cmd'], { X: 'y z' })).toEqual(['curl -o y z u']);
    expect(started('RUN set /p V=<f & a %V%', ['cmd'])).toEqual(['a ${V}']);
  });

  it('is the default of images of Windows alone', () => {
    expect(started('RUN a %b%', undefined)).toEqual(['a %b%']);
  });
});

describe('places', () => {
  it.each<[shell: string[], run: string, written: string]>([
    [powershell, 'RUN a; bbb', 'bbb'],
    [powershell, "RUN a; \\\n  # no\n  x 'bbb'", "'bbb'"],
    [powershell, 'RUN if (a) { x $(bbb) }', 'bbb'],
    [['cmd'], 'RUN a && ^ \\\n bbb', 'bbb'],
    [['cmd'], 'RUN powershell -Command "x \\"y\\"; \\\n bbb"', 'bbb'],
    [['cmd'], 'RUN powershell x; bbb', 'bbb'],
  ])('%s %s', (shell, run, written) => {
    const text = `FROM a\n${run}\n`;
    const words = invocations(text, shell).flatMap(({ program, args }) => [program, ...args]);
    const found = words.findLast(({ text: value }) => value === 'bbb');
    const { start = 0, end = 0 } = found?.word.range ?? {};
    expect(text.slice(start, end)).toBe(written);
  });
});

describe('whatever the text', () => {
  const piece = fc.constantFrom(
    ...'a|b |"|\'|`|$|$(|@(|@{|)|{|}|;|,|&|&&|x=1 |$y = |\\"|if (|else {|function f {|.DownloadString(|[scriptblock]::Create(|%A%|%|!|^|(|for %i in (|do |if exist |set |@"|"@|<#|#>|#|>|2>&1|-Command '.split(
      '|',
    ),
    '|',
    '\n',
    '\0',
    '😀',
  );
  const script = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map(parts => parts.join('')),
    fc.string({ unit: 'binary' }),
  );

  it.each(['powershell', 'cmd'] as const)('%s is read, or it is said why not', language => {
    fc.assert(
      fc.property(script, text => {
        const read = readIn(language, textAt(text, place));
        const { invocations: all } = invocationsOf(read, new Map());
        for (const { args } of all) for (const one of args) expect(typeof one.text).toBe('string');
        if (text.includes('\0')) expect(read.unread).toContain('NUL');
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a line of a megabyte', 'a '.repeat(500_000)],
    ['deep groups', '('.repeat(20_000)],
    ['deep blocks', 'if (a) { '.repeat(5_000)],
    ['deep substitutions', '"$('.repeat(20_000)],
    ['open quotes', '"'.repeat(9_999)],
    ['many variables', '%a'.repeat(50_000)],
    ['many loops', 'for %i in ('.repeat(10_000)],
    ['many conditions', 'if not exist a '.repeat(10_000)],
    ['many words that only lead on', 'else return '.repeat(10_000)],
  ])('%s', (_what, text) => {
    for (const language of ['powershell', 'cmd'] as const) {
      const { commands, unread } = readIn(language, textAt(`before ; & ${text}`, place));
      expect(unread ?? commands[0]?.words[0]?.literal).toBeTruthy();
    }
  });
});
