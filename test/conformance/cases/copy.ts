import { executable, link, text, type Case } from '../case.ts';

/** A context for rows about several sources. */
const several = { 'a.txt': 'a', 'z.txt': 'z', 'sub-a/one': '1', 'sub-b/two': '2', 'sub-b/deep/three': '3' };

/** COPY of the context's files. */
export const copy: readonly Case[] = [
  {
    name: 'all of it into the root, a new directory, and a part of it',
    of: ['directory'],
    dockerfile: text`
      FROM tiny:1
      COPY . /
      COPY . dir
      COPY sub/ test/
    `,
    files: { file: 'f', 'sub/file2': '2' },
  },
  {
    name: 'an executable into a directory that is there',
    of: ['copy to dir'],
    dockerfile: text`
      FROM tiny:1
      COPY script /usr/bin
    `,
    files: { script: executable('#!/bin/sh\n') },
  },
  {
    name: 'a socket becomes an empty file',
    of: ['CopySocket'],
    dockerfile: 'FROM scratch\nCOPY . /\nCOPY socket /named\n',
    files: { socket: { socket: true }, other: 'x' },
  },
  {
    name: 'a directory',
    of: ['copy dir', 'DockerfileDirs'],
    dockerfile: text`
      FROM tiny:1
      COPY dir /dir
    `,
    files: { 'dir/file': 'x', 'dir/empty/': '' },
  },
  {
    name: 'a link as the source is what it leads to',
    of: ['copy from symlink source', 'CopySymlinks'],
    dockerfile: text`
      FROM scratch
      COPY link /
      COPY link /named
      COPY dir /dir
    `,
    files: {
      target: 'x',
      link: link('target'),
      'dir/link': link('../target'),
      'dir/dangling': link('nowhere'),
    },
  },
  {
    name: 'links to directories on the way',
    of: ['CopyThroughSymlinkContext', 'CopyFollowAllSymlinks'],
    dockerfile: text`
      FROM scratch
      COPY way/file /a
      COPY way /b/
      COPY two/file /c
    `,
    files: { 'real/file': 'x', way: link('real'), two: link('way') },
  },
  {
    name: 'a file from below into a new directory',
    of: ['copy from subdir to new directory'],
    dockerfile: text`
      FROM scratch
      COPY dir/file /sub/
    `,
    files: { 'dir/file': 'x' },
  },
  {
    name: 'another name',
    of: ['copy to renamed file', 'from-scratch-simple-file'],
    dockerfile: text`
      FROM tiny:1
      COPY one /usr/bin/two
    `,
    files: { one: 'x' },
  },
  {
    name: 'a directory whose name is there, with a slash',
    of: ['directory with slash'],
    dockerfile: text`
      FROM tiny:1
      COPY var/ .
    `,
    files: { 'var/file-in-var': 'x' },
  },
  {
    name: 'a directory whose name is there, without a slash',
    of: ['directory without slash'],
    dockerfile: text`
      FROM tiny:1
      COPY var .
    `,
    files: { 'var/file-in-var': 'x' },
  },
  {
    name: 'owners by number and by name',
    of: ['copy with --chown', 'CopyChown'],
    dockerfile: text`
      FROM tiny:1
      RUN echo 'lp:x:4:7::/:/bin/sh' >> /etc/passwd && echo 'adm:x:9:' >> /etc/group
      COPY --chown=1:2 s /usr/bin/s.1-2
      COPY --chown=1:adm s /usr/bin/s.1-adm
      COPY --chown=1 s /usr/bin/s.1
      COPY --chown=lp:adm s /usr/bin/s.lp-adm
      COPY --chown=2:app s /usr/bin/s.2-app
      COPY --chown=lp s /usr/bin/s.lp
      COPY --chown=app s t /usr/bin/several/
    `,
    files: { s: 's', t: 't' },
  },
  {
    name: 'an owner nobody has heard of is root',
    dockerfile: text`
      FROM tiny:1
      COPY --chown=nobody-here a /a
    `,
    files: { a: 'a' },
  },
  {
    name: 'directories that are made have the owner too',
    of: ['CopyChownCreateDest'],
    dockerfile: text`
      FROM tiny:1
      ARG who=app
      COPY --chown=\${who} a /new/one/
      COPY --chown=$who:root a /new/two
    `,
    files: { a: 'a' },
  },
  {
    name: 'a directory that is there keeps its owner',
    of: ['copy-permissions', 'CopyChownExistingDir'],
    dockerfile: text`
      FROM scratch
      COPY dir/ dir/
      COPY --chown=99:98 dir/ dir/
    `,
    files: { 'dir/file': 'x', 'dir/sub/file': 'y' },
  },
  {
    name: 'a directory with an owner, and again without',
    of: ['copy-permissions-implicit'],
    dockerfile: text`
      FROM scratch
      COPY --chown=99:98 dir/ dir/
      COPY dir/ dir/
    `,
    files: { 'dir/file': 'x', 'dir/sub/file': 'y' },
  },
  {
    name: 'files are root’s whoever the user is',
    of: ['copy-for-user'],
    dockerfile: text`
      FROM tiny:1
      USER 66:66
      COPY a /made/a
    `,
    files: { a: 'a' },
  },
  {
    name: '--chown counts whoever the user is',
    of: ['copy-for-user-with-chown'],
    dockerfile: text`
      FROM tiny:1
      USER 66:66
      COPY --chown=1:1 a /made/a
    `,
    files: { a: 'a' },
  },
  {
    name: 'one of several sources is missing',
    of: ['copy-multiple-some-missing'],
    dockerfile: text`
      FROM scratch
      COPY a.txt sub-a z.txt sub-z all/
    `,
    files: several,
    code: 'COPY_SOURCE_MISSING',
  },
  {
    name: 'a file is missing beside a wildcard that finds something',
    of: ['copy-multiple-missing-file-with-glob'],
    dockerfile: text`
      FROM scratch
      COPY x.txt sub-* all/
    `,
    files: several,
    code: 'COPY_SOURCE_MISSING',
  },
  {
    name: 'a wildcard finds nothing',
    of: ['copy-multiple-missing-file-with-nomatch-on-glob', 'EmptyWildcard'],
    dockerfile: text`
      FROM scratch
      COPY missing* all/
    `,
    files: several,
    code: 'COPY_SOURCE_MISSING',
  },
  {
    name: 'one of several wildcards finds nothing',
    of: ['copy-multiple-some-missing-glob'],
    dockerfile: text`
      FROM scratch
      COPY a.txt sub-* ?.txt missing* all/
    `,
    files: several,
  },
  {
    name: 'wildcards',
    of: ['wildcard', 'CopyWildcards', 'DockerfileAddArchiveWildcard'],
    dockerfile: text`
      FROM tiny:1
      ENV DIR=/usr
      COPY in/*.b in/?.c $DIR/test/
      COPY in/[!x]* /class/
      COPY d*/sub /subs/
    `,
    files: { 'in/a.a': 'a', 'in/b.b': 'b', 'in/c.c': 'c', 'in/x.c': 'x', 'in/x.d': 'x', 'dd/sub/f': 'f' },
  },
  {
    name: 'characters that mean something in patterns',
    of: ['copy-escape-glob'],
    dockerfile: text`
      FROM scratch
      COPY ./app/[[]xyz]/file /one/
      COPY ./app/[[]xyz]/[[]abc]/file /two/
      COPY ./app/* /three/
      COPY ./app/n\?pe/file /four
      COPY ./app/st\*r/file /five
    `,
    files: {
      'app/[xyz]/file': 'xyz',
      'app/[xyz]/[abc]/file': 'abc',
      'app/n?pe/file': 'n?pe',
      'app/nope/file': 'nope',
      'app/st*r/file': 'st*r',
      'app/star/file': 'star',
    },
  },
  ...['** /all/', '**/*.txt /text/', 'a/**/c.txt /deep/', '**/**/c.txt /deeper/'].map(
    (sources, n): Case => ({
      name: `two stars are one: ${sources}`,
      of: [`copyglob-${n + 1}`],
      dockerfile: `FROM scratch\nCOPY ${sources}\n`,
      files: { 'c.txt': '0', 'a/c.txt': '1', 'a/b/c.txt': '2', 'a/b/d/c.txt': '3', 'e/c.txt': '4' },
    }),
  ),
  {
    name: 'several files into the working directory',
    dockerfile: text`
      FROM tiny:1
      WORKDIR /work
      ENV empty=""
      COPY a b .
      COPY c d ./
      COPY e f $empty
    `,
    files: { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e', f: 'f' },
  },
  {
    name: 'an empty source alone is the whole context',
    of: ['copy-empty-1'],
    dockerfile: text`
      FROM tiny:1
      COPY "" /usr/tmp/
    `,
    files: { a: 'a', '.b': 'b' },
  },
  {
    name: 'an empty source beside others',
    of: ['copy-empty-2'],
    dockerfile: text`
      FROM tiny:1
      COPY a "" c /usr/tmp/
    `,
    files: { a: 'a', '.b': 'b', c: 'c' },
  },
  {
    name: 'a directory from below into one that is there',
    of: ['copy-absolute-directory-1'],
    dockerfile: text`
      FROM tiny:1
      COPY up/in /var
    `,
    files: { 'up/in/dir/file': 'x', 'up/in/other/file': 'y' },
  },
  {
    name: 'a source with a slash is below the context',
    of: ['copy-absolute-directory-2'],
    dockerfile: text`
      FROM tiny:1
      COPY /up/in /var
    `,
    files: { 'up/in/dir/file': 'x', 'up/in/other/file': 'y' },
  },
  {
    name: 'the Dockerfile is one of the files',
    of: ['dockerfile-in-subdirectory'],
    dockerfile: text`
      FROM scratch
      COPY . .
    `,
    dockerfilePath: 'sub/Dockerfile',
    files: { 'sub/other': 'x' },
  },
];
