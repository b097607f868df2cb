import { text, type Case } from '../case.ts';
import { tiny } from './tiny.ts';

const scratch = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] };

/** The last stage is from scratch and has what the first one left in /o; the oracles know no heredocs. */
const made = (
  name: string,
  of: readonly string[],
  lines: string,
  result: Readonly<Record<string, string>>,
): Case => ({
  name,
  of,
  dockerfile: `FROM tiny:1 AS made\nRUN mkdir /o\n${lines}FROM scratch\nCOPY --from=made /o /\n`,
  expect: {
    tree: Object.fromEntries(
      Object.entries(result).map(([path, content]) => [path, `file 644 0:0 ${JSON.stringify(content)}`]),
    ),
    config: scratch,
  },
});

/** Heredocs of RUN and COPY: newer than the oracles, so what the reference of the Dockerfile says is written here. */
export const heredoc: readonly Case[] = [
  made(
    'backslashes and quotes, in quoted ones and others',
    ['CopyHeredocSpecialSymbols', 'heredoc-quoting'],
    text`
      COPY <<EOF /o/quotes
      "one" 'two'
      EOF
      COPY <<EOF /o/one
      \
      EOF
      COPY <<EOF /o/two
      \\
      EOF
      COPY <<EOF /o/dollar
      \\$
      EOF
      COPY <<"EOF" /o/raw-one
      \
      EOF
      COPY <<"EOF" /o/raw-two
      \\
      EOF
      COPY <<'EOF' /o/raw-dollar
      \\$
      EOF
    `.replaceAll('\\\\$', '\\$'),
    {
      quotes: `"one" 'two'\n`,
      one: '\n',
      two: '\\\n',
      dollar: '$\n',
      'raw-one': '\\\n',
      'raw-two': '\\\\\n',
      'raw-dollar': '\\$\n',
    },
  ),
  made(
    'several commands',
    ['RunBasicHeredoc'],
    text`
      RUN <<EOF
      echo "i am" >> /o/out
      whoami >> /o/out
      EOF
    `,
    { out: 'i am\nroot\n' },
  ),
  made(
    'commands of a shell that is none',
    ['RunFakeHeredoc'],
    text`
      SHELL ["/bin/awk"]
      RUN <<EOF
      BEGIN {
        print "foo" > "/o/out"
      }
      EOF
    `,
    { out: 'foo\n' },
  ),
  made(
    'an interpreter of its own',
    ['RunShebangHeredoc'],
    text`
      WORKDIR /o
      RUN <<EOF
      #!/bin/awk -f
      BEGIN {
        print "hello" >> "./one"
        print "world" >> "./one"
      }
      EOF
      RUN <<EOF
      #!/bin/sh
      echo "$0" | grep -c . > two
      EOF
    `,
    { one: 'hello\nworld\n', two: '1\n' },
  ),
  made(
    'several in one command, by number too',
    ['RunComplexHeredoc'],
    text`
      WORKDIR /o
      RUN cat <<EOF1 | tr '[:upper:]' '[:lower:]' > ./one; \
        cat <<EOF2 | tr '[:lower:]' '[:upper:]' > ./two
      hello WORLD
      EOF1
      HELLO world
      EOF2
      RUN <<EOF 3<<IN1 4<<IN2 awk -f -
      BEGIN {
        while ((getline line < "/proc/self/fd/3") > 0)
          print tolower(line) > "./three"
        while ((getline line < "/proc/self/fd/4") > 0)
          print toupper(line) > "./four"
      }
      EOF
      hello WORLD
      IN1
      HELLO world
      IN2
    `,
    { one: 'hello world\n', two: 'HELLO WORLD\n', three: 'hello world\n', four: 'HELLO WORLD\n' },
  ),
  made(
    'tabs before lines',
    ['HeredocIndent'],
    [
      ...['', '-'].flatMap(dash => [
        `COPY <<${dash}EOF /o/copy${dash}`,
        '\ttext',
        dash === '' ? 'EOF' : '\tEOF',
        `RUN <<${dash}EOF`,
        'echo "',
        `\ttext" > /o/run${dash}`,
        'EOF',
        `RUN <<${dash}EOF`,
        '#!/bin/sh',
        'echo "',
        `\ttext" > /o/script${dash}`,
        'EOF',
        `RUN <<${dash}EOF sh > /o/piped${dash}`,
        'echo "',
        '\ttext"',
        'EOF',
      ]),
      '',
    ].join('\n'),
    {
      copy: '\ttext\n',
      run: '\n\ttext\n',
      script: '\n\ttext\n',
      piped: '\n\ttext\n',
      'copy-': 'text\n',
      'run-': '\ntext\n',
      'script-': '\ntext\n',
      'piped-': '\ntext\n',
    },
  ),
  made(
    'variables',
    ['HeredocVarSubstitution'],
    text`
      ARG name=world
      COPY <<EOF /o/plain
      Hello \${name}! '\${name}' "$name"
      EOF
      COPY <<'EOF' /o/single
      Hello \${name}! '\${name}' "$name"
      EOF
      COPY <<"EOF" /o/double
      Hello \${name}!
      EOF
      RUN <<EOF
      greeting="Hello"
      echo "\${greeting} \${name}!" > /o/run
      EOF
      RUN <<EOF
      name="new world"
      echo "Hello \${name}!" > /o/changed
      EOF
    `,
    {
      plain: `Hello world! 'world' "world"\n`,
      single: `Hello \${name}! '\${name}' "$name"\n`,
      double: 'Hello ${name}!\n',
      run: 'Hello world!\n',
      changed: 'Hello new world!\n',
    },
  ),
  {
    name: 'in a trigger',
    of: ['OnBuildHeredoc'],
    dockerfile: text`
      FROM tiny:1 AS below
      ONBUILD RUN <<EOF
      echo "hello world" >> /dest
      EOF
      FROM below
    `,
    expect: { tree: { dest: 'file 644 0:0 "hello world\\n"' }, config: tiny },
  },
];
