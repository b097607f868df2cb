import { expect, test } from 'vitest';
import { parseGitReference } from './git-reference.ts';

const whole = { directory: '', submodules: true };

test.each([
  ['https://git.test/a.git', { remote: 'https://git.test/a.git', ...whole }],
  [
    'https://git.test/a.git#v1:sub/dir',
    { remote: 'https://git.test/a.git', ref: 'v1', submodules: true, directory: 'sub/dir' },
  ],
  ['https://git.test/a.git#:../x/', { remote: 'https://git.test/a.git', submodules: true, directory: 'x' }],
  ['https://git.test/a.git?tag=v1', { remote: 'https://git.test/a.git', ref: 'refs/tags/v1', ...whole }],
  [
    'https://git.test/a.git?branch=b&subdir=/s',
    { remote: 'https://git.test/a.git', ref: 'refs/heads/b', directory: 's', submodules: true },
  ],
  [
    'https://u:p@git.test/a.git?commit=abc',
    { remote: 'https://u:p@git.test/a.git', checksum: 'abc', ...whole },
  ],
  [
    'https://git.test/a.git?keep-git-dir=1&submodules=false',
    { remote: 'https://git.test/a.git', keepGitDir: true, submodules: false, directory: '' },
  ],
])('%s', (text, expected) => {
  expect(parseGitReference(text, undefined)).toEqual({
    ref: undefined,
    checksum: undefined,
    keepGitDir: undefined,
    ...expected,
  });
});

test.each(['https://git.test/a', 'a.git', './x.git', 'https://git.test/a.git/file'])(
  '%s is no repository',
  text => {
    expect(parseGitReference(text, undefined)).toBeUndefined();
  },
);

test.each([
  ['git@git.test:a.git', 'GIT_PROTOCOL'],
  ['ssh://git@git.test/a.git', 'GIT_PROTOCOL'],
  ['git://git.test/a.git', 'GIT_PROTOCOL'],
  ['https://git.test/a.git?ref=a&tag=b', 'GIT_REFERENCE'],
  ['https://git.test/a.git#a?ref=b', undefined],
  ['https://git.test/a.git?branch=a&tag=a', 'GIT_REFERENCE'],
  ['https://git.test/a.git?what=1', 'GIT_REFERENCE'],
  ['https://git.test/a.git?ref=a&ref=b', 'GIT_REFERENCE'],
  ['https://git.test/a.git?submodules=maybe', 'GIT_REFERENCE'],
  ['https://git.test/a.git#--upload-pack=x', 'GIT_REFERENCE'],
])('%s', (text, code) => {
  if (code === undefined) expect(parseGitReference(text, undefined)?.ref).toBe('a?ref=b');
  else expect(() => parseGitReference(text, undefined)).toThrow(expect.objectContaining({ code }));
});
