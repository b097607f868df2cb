import { text, type Case } from '../case.ts';

const env = (name: string, of: readonly string[], lines: string, code?: string): Case => ({
  name: `ENV: ${name}`,
  of,
  dockerfile: `FROM scratch\nCOPY a .\n${lines}\n`,
  files: { a: 'a' },
  ...(code !== undefined && { code }),
});

/** ENV and ARG: words, quotes, and where a value holds. */
export const environment: readonly Case[] = [
  env('one value after a blank', ['env-whitespace'], 'ENV name one two'),
  env('a pair', ['env-simple'], 'ENV name=value'),
  env('two pairs', ['env-unquoted-list'], 'ENV name=value name2=value2'),
  env('double quotes', ['env-dquoted-list'], 'ENV name="one two"'),
  env('an escaped blank', ['env-escaped-value'], String.raw`ENV name=one\ two`),
  env('single in double quotes', ['env-squote-in-dquote'], `ENV name="one'two three'four"`),
  env('double in single quotes', ['env-dquote-in-squote'], `ENV name='one"two three"four'`),
  env('two pairs with blanks', ['env-escaped-list'], String.raw`ENV name=one\ two name2=three\ four`),
  env('an escaped double quote', ['env-eddquote'], String.raw`ENV name="a\"b"`),
  env(
    'a single quote cannot be escaped in single quotes',
    ['env-invalid-ssquote', 'environment'],
    String.raw`ENV name='a\'b'`,
    'DOCKERFILE_QUOTE_UNCLOSED',
  ),
  env('an escaped single in double quotes', ['env-esdquote'], String.raw`ENV name="a\'b"`),
  env('quotes side by side', ['env-essquote'], String.raw`ENV name='a\'b''`),
  env('an escaped double in single quotes', ['env-edsquote'], String.raw`ENV name='a\"b'`),
  env('empty quotes in quotes', ['env-empty-squote-in-empty-dquote'], `ENV name="''"`),
  env(
    'many lines, and the file ends within',
    ['env-multiline', 'environment'],
    String.raw`ENV name=value \
    name1=value1 \
    name2="value2a \
      value2b" \
    name3="a\n\"b\"" \
    name4="a\\nb" \ `.trimEnd(),
  ),
  {
    name: 'a pair sees the values of before its line',
    of: ['env-precedence', 'DefaultEnvWithArgs'],
    dockerfile: text`
      FROM tiny:1
      ENV a=b
      ENV a=c d=$a
      RUN echo "$a $d E=$E" > /before
      ENV E=E G=$a
      RUN echo "$a $d E=$E G=$G" > /after
    `,
  },
  {
    name: 'ARG: several in a line',
    of: ['multiple ARGs in single instruction', 'MultiArgs'],
    dockerfile: 'FROM tiny:1\nARG one=0 two=1 three\nRUN echo "$one $two $three" > /out\n',
  },
  {
    name: 'ARG: several in a line, and values given',
    of: ['multiple ARGs in single instruction with build-arg override'],
    dockerfile: 'FROM tiny:1\nARG one=0 two=1\nRUN echo "$one $two" > /out\n',
    args: { one: '9', two: '8' },
  },
  {
    name: 'ARG: the default names the base',
    of: ['header arg default for FROM when no build-arg', 'GlobalArg', 'QuotedMetaArgs'],
    dockerfile: 'ARG TAG="1"\nARG BASE=tiny:$TAG\nFROM ${BASE}\nRUN echo "[$BASE]" > /out\n',
  },
  {
    name: 'ARG: a value given names the base',
    of: ['build-arg overrides header arg for FROM'],
    dockerfile: 'ARG BASE=nothing\nFROM $BASE\nARG BASE\nRUN echo "[$BASE]" > /out\n',
    args: { BASE: 'tiny:1' },
  },
  {
    name: 'ARG: the stage’s own default wins over the one above',
    of: ['stage arg overrides header arg in same stage', 'ArgDefaultExpansion'],
    dockerfile: 'ARG one=above\nFROM tiny:1\nARG one=here two=$one\nRUN echo $one $two > /out\n',
    ours: {
      why: 'newer BuildKit takes the arguments of a line one after the other',
      tree: { out: 'file 644 0:0 "here here\\n"' },
    },
  },
  {
    name: 'ARG: a stage on another has its arguments, quoted ones too',
    of: ['quoted and inherited arg'],
    dockerfile: text`
      FROM tiny:1 AS lower
      ARG quoted="two words"
      ARG expanded=$quoted
      RUN echo "$quoted|$expanded" > /lower
      FROM lower
      RUN echo "$quoted|$expanded" > /upper
    `,
  },
  {
    name: 'ARG: stages side by side know nothing of each other',
    dockerfile: text`
      FROM tiny:1 AS one
      ARG secret=known
      RUN echo "[$secret]" > /one
      FROM tiny:1
      COPY --from=one /one /one
      RUN echo "[$secret]" > /two
    `,
  },
  {
    name: 'ARG: ENV wins, whichever comes first',
    dockerfile: 'FROM tiny:1\nENV a=env\nARG a=arg\nARG b=arg\nENV b=env\nRUN echo $a $b > /out\n',
    args: { a: 'given', b: 'given' },
  },
  {
    name: 'ARG: empty, and none at all',
    of: ['EmptyStringArgInEnv', 'EnvEmptyFormatting'],
    dockerfile:
      'FROM tiny:1\nARG a\nARG b=\nENV e1="foo${a}" e2="${b:-x}" e3="${a-unset}" e4=""\nRUN env | grep ^[abe] | sort > /out\n',
    ours: {
      why: 'newer BuildKit knows the form without a colon',
      tree: { out: 'file 644 0:0 "b=\\ne1=foo\\ne2=x\\ne3=unset\\ne4=\\n"' },
      config: { Env: ['PATH=/bin', 'e1=foo', 'e2=x', 'e3=unset', 'e4='], Cmd: ['sh'] },
    },
  },
  {
    name: 'ARG: platforms',
    of: ['buildin-args', 'multistage-builtin-args', 'BuiltinArgs', 'builtins', 'header-builtin'],
    dockerfile: text`
      ARG TAG=\${TARGETARCH:+1}
      FROM tiny:1 AS one
      RUN echo "[$TARGETPLATFORM]" > /out
      ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT
      RUN echo "$TARGETPLATFORM $TARGETOS $TARGETARCH [$TARGETVARIANT] $BUILDPLATFORM $BUILDOS $BUILDARCH [$BUILDVARIANT]" >> /out
      FROM tiny:\${TAG}
      COPY --from=one /out /out
    `,
  },
  {
    name: 'ARG: a platform names a stage, and nothing declares it',
    of: ['PlatformArgsImplicit'],
    dockerfile: text`
      FROM scratch AS build-linux
      COPY one one
      FROM build-\${TARGETOS}
      COPY two two
    `,
    files: { one: '1', two: '2' },
  },
];
