import { link, text, type Case } from '../case.ts';

/** COPY of the context's files: where they end up, and what is there already. */
export const copyTarget: readonly Case[] = [
  {
    name: 'a directory replaces a link',
    of: ['replace-symlink-with-directory'],
    dockerfile: text`
      FROM scratch
      COPY one/ /
      COPY two/ /
    `,
    files: { 'one/real/file': '1', 'one/name': link('real'), 'two/name/file': '2' },
    code: 'COPY_TARGET',
  },
  {
    name: 'a link comes where a directory is',
    of: ['replace-directory-with-symlink', 'CopyOverrideFiles'],
    dockerfile: text`
      FROM scratch
      COPY two/ /
      COPY one/ /
    `,
    files: { 'one/real/file': '1', 'one/name': link('real'), 'two/name/file': '2' },
    code: 'COPY_TARGET',
  },
  {
    name: 'a directory replaces a link, below',
    of: ['replace-symlink-with-directory-subdir'],
    dockerfile: text`
      FROM scratch
      COPY one/ /tree/
      COPY two/ /tree/
    `,
    files: { 'one/real/file': '1', 'one/name': link('real'), 'two/name/file': '2' },
    code: 'COPY_TARGET',
  },
  {
    name: 'a link comes where a directory is, below',
    of: ['replace-directory-with-symlink-subdir'],
    dockerfile: text`
      FROM scratch
      COPY two/ /tree/
      COPY one/ /tree/
    `,
    files: { 'one/real/file': '1', 'one/name': link('real'), 'two/name/file': '2' },
    code: 'COPY_TARGET',
  },
  {
    name: 'a link on the way to the target',
    of: ['SymlinkDestination'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir /real && ln -s /real /way && ln -s real/new /dangling
      COPY a /way/
      COPY a /way/b
      COPY a /dangling
    `,
    files: { a: 'a' },
  },
  {
    name: 'targets that climb stay below the root',
    of: ['CopyRelative'],
    dockerfile: text`
      FROM scratch
      WORKDIR /one/two
      COPY a ../x
      COPY a ../../../../y
      COPY a ./z/
      COPY a .
    `,
    files: { a: 'a' },
  },
  {
    name: 'sources that climb stay below the context',
    dockerfile: text`
      FROM scratch
      COPY ../a ../../sub /in/
    `,
    files: { a: 'a', 'sub/b': 'b' },
  },
  {
    name: 'variables in sources and target',
    of: ['CopyVarSubstitution'],
    dockerfile: text`
      FROM scratch
      ARG from=a
      ENV to=/x/\${from}
      COPY $from \${to}.copy
      COPY \${none:-b} /deep/$from
    `,
    files: { a: 'a', b: 'b' },
  },
  {
    name: 'names of all sorts',
    of: ['CopyUnicodePath'],
    dockerfile: text`
      FROM scratch
      COPY ["with space", "grüße", "/to here/"]
      COPY 日本 /日本
    `,
    files: { 'with space': 's', 'grüße/ñ': 'u', 日本: 'j' },
  },
  {
    name: 'an empty target',
    of: ['EmptyDestDir', 'PreserveDestDirSlash'],
    dockerfile: text`
      FROM scratch
      WORKDIR /w
      ENV none=""
      COPY a $none
      COPY a "in/"
    `,
    files: { a: 'a' },
  },
  {
    name: 'modes',
    of: ['CopyChmod'],
    dockerfile: text`
      FROM tiny:1
      COPY --chmod=640 a /made/for/a
      COPY --chmod=0755 a /b
      COPY --chmod=4711 --chown=1:2 a /c
      COPY --chmod=700 dir /dir
    `,
    files: { a: 'a', 'dir/file': 'x', 'dir/sub/file': 'y' },
    ours: {
      why: 'BuildKit 0.9 and newer give the mode to directories too, and keep its setuid bit',
      tree: {
        c: 'file 4711 1:2 "a"',
        dir: 'dir 700 0:0',
        'dir/sub': 'dir 700 0:0',
        made: 'dir 640 0:0',
        'made/for': 'dir 640 0:0',
      },
    },
  },
  {
    name: 'a mode that is none',
    of: ['CopyInvalidChmod', 'ChmodNonOctal'],
    dockerfile: text`
      FROM tiny:1
      COPY --chmod=99 a /a
    `,
    files: { a: 'a' },
    code: 'COPY_CHMOD',
    ours: { why: 'newer BuildKit refuses it too', fails: true },
  },
  {
    name: 'a mode that is too large',
    of: ['CopyInvalidChmod'],
    dockerfile: 'FROM tiny:1\nCOPY --chmod=10000 a /a\n',
    files: { a: 'a' },
    code: 'COPY_CHMOD',
    ours: { why: 'newer BuildKit refuses it too', fails: true },
  },
  {
    name: 'several sources want a directory',
    dockerfile: text`
      FROM tiny:1
      COPY a b /one
    `,
    files: { a: 'a', b: 'b' },
    code: 'COPY_TARGET',
    ours: { why: 'the reference asks for a slash; here the last source would silently win', fails: true },
  },
  {
    name: 'nothing to copy to',
    dockerfile: text`
      FROM tiny:1
      COPY a
    `,
    files: { a: 'a' },
    code: 'DOCKERFILE_ARGUMENTS',
  },
  {
    name: 'a directory over a file',
    of: ['ContextChangeDirToFile'],
    dockerfile: text`
      FROM scratch
      COPY file /name
      COPY dir /name
    `,
    files: { file: 'x', 'dir/f': 'y' },
    code: 'COPY_TARGET',
  },
  {
    name: 'a file over a directory goes into it',
    dockerfile: text`
      FROM scratch
      COPY dir /name
      COPY file /name
    `,
    files: { file: 'x', 'dir/f': 'y' },
  },
];
