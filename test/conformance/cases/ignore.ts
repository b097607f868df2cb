import { text, type Case, type ContextFile } from '../case.ts';

/** Three directories deep, the same names in each. */
const populated: Readonly<Record<string, ContextFile>> = {
  'file-a': 'a',
  'file-b': 'b',
  'file-c': 'c',
  'dir-a/file-a': 'aa',
  'dir-a/file-b': 'ab',
  'dir-b/file-c': 'bc',
  'dir-b/dir-e/file-a': 'bea',
  'dir-b/dir-e/dir-f/file-c': 'befc',
  'dir-c/file-c': 'cc',
  'dir-c/dir-d/file-b': 'cdb',
};

const newer = (tree: Readonly<Record<string, string>>): Pick<Case, 'ours'> => ({
  ours: { why: 'BuildKit since 0.10 looks below what is ignored for exceptions that may be anywhere', tree },
});

/** A row whose `.dockerignore` is all that differs, for COPY of the context and of what a wildcard finds. */
function ignoring(
  name: string,
  lines: readonly string[],
  of: { readonly dot: readonly string[]; readonly star: readonly string[] },
): Case[] {
  return (['dot', 'star'] as const).map(form => ({
    name: `${name}: ${form === 'dot' ? 'the context' : 'a wildcard'}`,
    of: of[form],
    dockerfile: `FROM scratch\nCOPY ${form === 'dot' ? '.' : '*'} sub/\n`,
    files: { ...populated, '.dockerignore': lines.map(line => `${line}\n`).join('') },
  }));
}

/** A row in which everything is ignored but for exceptions. */
const allowing = (
  name: string,
  of: readonly string[],
  lines: readonly string[],
  copy: string,
  files: Case['files'],
): Case => ({
  name,
  of,
  dockerfile: `FROM scratch\n${copy}\n`,
  files: { ...files, '.dockerignore': lines.map(line => `${line}\n`).join('') },
});

const chain = 'd/d1/d2/d3/d4/d5';
const chainFiles = {
  'd/x': 'x',
  'd/d1/x': 'x1',
  'd/d1/d2/x': 'x2',
  'd/d1/d2/d3/x': 'x3',
  [`${chain}/x`]: 'x5',
};
/** In turns excluded and taken back. */
const turns = ['**', '!d', 'd/d1', '!d/d1/d2', 'd/d1/d2/d3', '!d/d1/d2/d3/d4', chain];
const eachOfChain = chain
  .split('/')
  .map((_, n, all) => all.slice(0, n + 1).join('/'))
  .map((path, n) => `COPY ${path} /${n}/`)
  .join('\n');

/** `.dockerignore`. */
export const ignore: readonly Case[] = [
  {
    name: 'comments alone ignore nothing',
    of: ['dockerignore-is-even-there', 'copy-integration2'],
    dockerfile: 'FROM scratch\nCOPY . sub/\n',
    files: { ...populated, '.dockerignore': '# nothing\n\n   \nunmatched\n' },
  },
  ...ignoring('a suffix, and back', ['**/*-a', '!**/*-c'], {
    dot: ['dockerignore-irrelevant', 'dockerignore-exceptions-dot'],
    star: ['dockerignore-extensions-star'],
  }),
  ...ignoring('only exceptions', ['!**/*-c'], {
    dot: ['dockerignore-includes-dot'],
    star: ['dockerignore-includes-star'],
  }),
  ...ignoring('a directory', ['dir-c'], {
    dot: ['dockerignore-exclude-plain-dot'],
    star: ['dockerignore-exclude-plain-star'],
  }),
  ...ignoring('a name anywhere', ['**/dir-c'], {
    dot: ['dockerignore-exclude-plain-dot'],
    star: ['dockerignore-exclude-plain-star'],
  }),
  ...ignoring('a wildcard at the top', ['dir-*'], {
    dot: ['dockerignore-exclude-wildcard-dot'],
    star: ['dockerignore-exclude-wildcard-star'],
  }),
  ...ignoring('a wildcard anywhere', ['**/dir-*'], {
    dot: ['dockerignore-exclude-deep-wildcard-dot'],
    star: ['dockerignore-exclude-deep-wildcard-star'],
  }),
  ...ignoring('a deep directory anywhere', ['**/dir-f'], {
    dot: ['dockerignore-exclude-deep-subdir-dot'],
    star: ['dockerignore-exclude-deep-subdir-star'],
  }),
  ...ignoring('a directory at the top by a pattern for anywhere', ['**/dir-b'], {
    dot: ['dockerignore-exclude-not-so-deep-subdir-dot'],
    star: ['dockerignore-exclude-not-so-deep-subdir-star'],
  }),
  ...ignoring('a directory but for one in it', ['**/dir-e', '!**/dir-f'], {
    dot: ['dockerignore-exclude-kind-of-deep-subdir-dot'],
    star: ['dockerignore-exclude-kind-of-deep-subdir-star'],
  }).map((one, n) => {
    const directory = n === 0 ? 'sub/dir-b/dir-e' : 'sub/dir-e';
    return {
      ...one,
      ...newer({
        [directory]: 'dir 755 0:0',
        [`${directory}/dir-f`]: 'dir 755 0:0',
        [`${directory}/dir-f/file-c`]: 'file 644 0:0 "befc"',
      }),
    };
  }),
  ...ignoring('an exception that names nothing', ['**/dir-f', '!**/dir-g'], {
    dot: ['dockerignore-exclude-deep-subdir-dot'],
    star: ['dockerignore-exclude-deep-subdir-star'],
  }),
  {
    ...allowing(
      'a directory of which nothing is left',
      ['dockerignore-allowlist-subdir-nofile-dir', 'dockerignore-allowlist-subdir-nofile-file'],
      ['**', '!one/file'],
      'ADD one /f',
      { 'one/other': 'x' },
    ),
    by: 'buildah',
    code: 'COPY_SOURCE_MISSING',
  },
  allowing(
    'a directory of which one file is left',
    ['dockerignore-allowlist-subdir-file-dir', 'dockerignore-allowlist-subdir-file-file'],
    ['**', '!one/file'],
    'ADD one /f',
    { 'one/other': 'x', 'one/file': 'y' },
  ),
  allowing('nothing is left of the context', ['dockerignore-allowlist-nothing-dot'], ['**'], 'ADD . /in/', {
    'one/other': 'x',
  }),
  allowing('nothing is left of the root', ['dockerignore-allowlist-nothing-slash'], ['**'], 'ADD / /in/', {
    'one/other': 'x',
  }),
  allowing(
    'a file two levels down is left',
    ['dockerignore-allowlist-subsubdir-file'],
    ['**', '!one/two/file'],
    'ADD . .',
    { 'one/two/file': 'y', 'one/two/other': 'x', 'one/other': 'x' },
  ),
  {
    ...allowing(
      'what would be left two levels down is not there',
      ['dockerignore-allowlist-subsubdir-nofile'],
      ['**', '!one/two/file'],
      'ADD . /in/',
      { 'one/two/other': 'x' },
    ),
    by: 'buildah',
  },
  {
    ...allowing(
      'the directory of what would be left is not there',
      ['dockerignore-allowlist-subsubdir-nosubdir'],
      ['**', '!one/two/file'],
      'ADD . /in/',
      { 'one/other': 'x' },
    ),
    by: 'buildah',
  },
  allowing(
    'in turns out and in',
    ['dockerignore-allowlist-alternating'],
    [...turns, `!${chain}/x`],
    eachOfChain,
    chainFiles,
  ),
  {
    ...allowing(
      'in turns out and in, and nothing at the end',
      ['dockerignore-allowlist-alternating-nothing'],
      turns,
      `COPY d /d/\nCOPY ${chain} /last/`,
      chainFiles,
    ),
    code: 'COPY_SOURCE_MISSING',
  },
  {
    ...allowing(
      'in turns out and in, and another file at the end',
      ['dockerignore-allowlist-alternating-other'],
      [...turns, `!${chain}/x`],
      `COPY d /d/\nCOPY ${chain}/y /last/`,
      { ...chainFiles, [`${chain}/y`]: 'y' },
    ),
    code: 'COPY_SOURCE_MISSING',
  },
  {
    ...allowing(
      'an exception anywhere below what is ignored',
      ['dockerignore-exceptions-skip'],
      ['volume/', '!**/line'],
      'COPY . /in/',
      { 'volume/line': 'l', 'volume/data/line': 'l', 'volume/data/other': 'o', other: 'o' },
    ),
    ...newer({
      'in/volume': 'dir 755 0:0',
      'in/volume/data': 'dir 755 0:0',
      'in/volume/data/line': 'file 644 0:0 "l"',
      'in/volume/line': 'file 644 0:0 "l"',
    }),
  },
  {
    ...allowing(
      'an exception for some of the names in a directory',
      ['dockerignore-exceptions-weirdness-1'],
      ['sub', '!*/one*'],
      'COPY . /in/',
      { 'sub/one/a': 'a', 'sub/one/b': 'b', 'sub/two/a': 'a', 'sub/one.txt': '1', 'sub/two.txt': '2' },
    ),
    ...newer({
      'in/sub': 'dir 755 0:0',
      'in/sub/one': 'dir 755 0:0',
      'in/sub/one.txt': 'file 644 0:0 "1"',
      'in/sub/one/a': 'file 644 0:0 "a"',
      'in/sub/one/b': 'file 644 0:0 "b"',
    }),
  },
  allowing(
    'two exceptions for names in a directory',
    ['dockerignore-exceptions-weirdness-2'],
    ['sub', '!*/one*', '!sub/three*'],
    'COPY . /in/',
    { 'sub/one/a': 'a', 'sub/two/a': 'a', 'sub/three/b': 'b', 'sub/three.txt': '3' },
  ),
  allowing(
    'what a directory holds, but for one of its directories',
    ['dockerignore-minimal-test'],
    ['in/huge/*', '!in/huge/usr/bin/*'],
    'COPY in /tmp/in',
    { 'in/mini/x': 'x', 'in/huge/a': 'a', 'in/huge/usr/bin/t': 't', 'in/huge/usr/lib/l': 'l' },
  ),
  {
    ...allowing(
      'a source that is ignored',
      ['copy-integration1'],
      ['# comment', '*', 'test*', '!test2*', 'sub', '!*/one*'],
      'COPY ./ ./\nCOPY sub2 ./',
      { test1: '1', test2: '2', 'sub/one': 'o', 'sub/two': 't', 'sub2/x': 'x' },
    ),
    code: 'COPY_SOURCE_MISSING',
  },
  {
    ...allowing(
      'a file that is ignored at last',
      ['copy-integration3'],
      ['*', '!test*', '!src', '**/*.in', 'src/etc', '*.md', '!README*.md', 'README-secret.md', 'test1'],
      'COPY . /up/\nCOPY src /up/src2/\nCOPY test1 /up/',
      { test1: '1', test2: '2', 'src/a': 'a', 'src/b.in': 'b', 'src/etc/e': 'e', 'README.md': 'r' },
    ),
    code: 'COPY_SOURCE_MISSING',
  },
  allowing(
    'many lines, the last that matches counts',
    ['copy-integration3', 'Dockerignore'],
    ['*', '!test*', '!src', '**/*.in', 'src/etc', '*.md', '!README*.md', 'README-secret.md', 'test1'],
    'COPY . /up/\nCOPY src /up/src2/',
    {
      test1: '1',
      test2: '2',
      'src/a': 'a',
      'src/b.in': 'b',
      'src/etc/e': 'e',
      'README.md': 'r',
      'README-secret.md': 's',
      'other.md': 'o',
    },
  ),
  {
    name: 'a pattern that is none',
    of: ['DockerignoreInvalid'],
    dockerfile: 'FROM scratch\nCOPY . /\n',
    files: { a: 'a', '.dockerignore': '!\n' },
    code: 'DOCKERFILE_PATTERN',
  },
  {
    name: 'the Dockerfile has one of its own',
    of: ['DockerignoreOverride'],
    dockerfile: 'FROM scratch\nCOPY . /\n',
    dockerfilePath: 'sub/other.Dockerfile',
    files: {
      a: 'a',
      b: 'b',
      '.dockerignore': 'a\n',
      'sub/other.Dockerfile.dockerignore': 'b\nsub/other.Dockerfile\n',
    },
  },
  {
    name: 'slashes, dots and blanks around patterns',
    dockerfile: 'FROM scratch\nCOPY . /\n',
    files: {
      a: 'a',
      'd/b': 'b',
      'd/c': 'c',
      'e/f': 'f',
      keep: 'k',
      '.dockerignore': '/a\n  ./d/./b  \n! /d/c\n../keep\ne/\n',
    },
  },
  {
    name: 'other stages are not ignored',
    dockerfile: text`
      FROM tiny:1 AS made
      RUN mkdir /out && echo x > /out/secret && echo y > /out/open
      FROM scratch
      COPY --from=made /out /out
    `,
    files: { '.dockerignore': '**/secret\nout\n' },
  },
];
