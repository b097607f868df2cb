import { link, text, type Case } from '../case.ts';

const tree = { 'x/a': 'xa', 'x/y/a': 'xya', 'x/y/b': 'xyb', 'x/z/b': 'xzb', 'y/a': 'ya', 'y/b': 'yb' };
const app = {
  'app/top': 't',
  'app/storage/views/one': '1',
  'app/storage/views/two': '2',
  'app/storage/log': 'l',
};

/** The lines of files of the context, at their places, and of the directories that they are in. */
function files(contents: Readonly<Record<string, string>>): Record<string, string> {
  const lines: Record<string, string> = {};
  for (const [path, content] of Object.entries(contents)) {
    const parts = path.split('/');
    for (let n = 1; n < parts.length; n++) lines[parts.slice(0, n).join('/')] = 'dir 755 0:0';
    lines[path] = `file 644 0:0 ${JSON.stringify(content)}`;
  }
  return lines;
}

const scratch = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] };

const row = (
  name: string,
  of: readonly string[],
  instruction: string,
  context: Readonly<Record<string, string>>,
  result: Readonly<Record<string, string>>,
): Case => ({
  name: `${name}: ${instruction}`,
  of,
  dockerfile: `FROM scratch\n${instruction}\n`,
  files: context,
  expect: { tree: files(result), config: scratch },
});

/** `--parents`, `--exclude` and heredocs: newer than the oracles, so what the reference says is written here. */
export const select: readonly Case[] = [
  row('parents', ['copy--parents', 'CopyParents'], 'COPY --parents ./x/a ./y/a /p/', tree, {
    'p/x/a': 'xa',
    'p/y/a': 'ya',
  }),
  row('parents', ['copy--parents-directories'], 'COPY --parents ./x/z /p/', tree, { 'p/x/z/b': 'xzb' }),
  row('parents', ['copy--parents-directory-with-parent-directory'], 'COPY --parents ./x/y/ /p/', tree, {
    'p/x/y/a': 'xya',
    'p/x/y/b': 'xyb',
  }),
  row(
    'parents',
    ['copy--parents-all-directories'],
    'COPY --parents ./ /p/',
    tree,
    Object.fromEntries(Object.entries(tree).map(([path, content]) => [`p/${path}`, content])),
  ),
  row('parents', ['copy--parents-path-with-star'], 'COPY --parents ./x/*/a ./*/b /p/', tree, {
    'p/x/y/a': 'xya',
    'p/y/b': 'yb',
  }),
  row('parents', ['copy--parents-two-parent-directories'], 'COPY --parents ./x/y/* /p/', tree, {
    'p/x/y/a': 'xya',
    'p/x/y/b': 'xyb',
  }),
  row('parents', ['copy--parents-unknown-count-parent-directories'], 'COPY --parents ./x/* /p/', tree, {
    'p/x/a': 'xa',
    'p/x/y/a': 'xya',
    'p/x/y/b': 'xyb',
    'p/x/z/b': 'xzb',
  }),
  row(
    'parents',
    ['copy--parents-directory-limit-parents-unknown-count-parent-directories'],
    'COPY --parents ./x/./ /p/',
    tree,
    { 'p/a': 'xa', 'p/y/a': 'xya', 'p/y/b': 'xyb', 'p/z/b': 'xzb' },
  ),
  row(
    'parents',
    ['copy--parents-limit-parents-unknown-count-parent-directories'],
    'COPY --parents ./x/./* /p/',
    tree,
    { 'p/a': 'xa', 'p/y/a': 'xya', 'p/y/b': 'xyb', 'p/z/b': 'xzb' },
  ),
  row('parents', ['copy--parents-limit-parent-directories'], 'COPY --parents ./x/./y/* /p/', tree, {
    'p/y/a': 'xya',
    'p/y/b': 'xyb',
  }),
  row('parents', ['copy--parents-limit-parent-directories-1'], 'COPY --parents ./x/y/./* /p/', tree, {
    'p/a': 'xya',
    'p/b': 'xyb',
  }),
  row('exclude', ['add--exclude-includes-star'], 'ADD --exclude=**/a ./ sub/', tree, {
    'sub/x/y/b': 'xyb',
    'sub/x/z/b': 'xzb',
    'sub/y/b': 'yb',
  }),
  row('exclude', ['add--exclude-includes-slash'], 'ADD --exclude=x / sub/', tree, {
    'sub/y/a': 'ya',
    'sub/y/b': 'yb',
  }),
  row('exclude', ['add--exclude-includes-dot'], 'ADD --exclude=x/y . sub/', tree, {
    'sub/x/a': 'xa',
    'sub/x/z/b': 'xzb',
    'sub/y/a': 'ya',
    'sub/y/b': 'yb',
  }),
  row('exclude', ['copy--exclude-includes-subdir-slash'], 'COPY --exclude=**/y / sub/', tree, {
    'sub/x/a': 'xa',
    'sub/x/z/b': 'xzb',
  }),
  ...['./', '.'].map((source, n) =>
    row(
      'exclude',
      [['copy--exclude-includes-dot-slash', 'copy--exclude-includes-slash'][n] ?? ''],
      `COPY --exclude=!**/a ${source} sub/`,
      tree,
      Object.fromEntries(Object.entries(tree).map(([path, content]) => [`sub/${path}`, content])),
    ),
  ),
  row('exclude', ['copy--exclude-subdir-under-source'], 'COPY --exclude=storage/views app/ app/', app, {
    'app/top': 't',
    'app/storage/log': 'l',
  }),
  row(
    'exclude',
    ['copy--exclude-exception-under-source'],
    'COPY --exclude=storage/* --exclude=!storage/views app/ app/',
    app,
    { 'app/top': 't', 'app/storage/views/one': '1', 'app/storage/views/two': '2' },
  ),
  ...['COPY', 'ADD'].map(keyword =>
    row(
      'exclude',
      ['ExcludedFilesOnCopy'],
      `${keyword} --exclude=*/*.png --exclude=**/*.jpeg --exclude=3? one two* /to/`,
      {
        'one/a.png': '1',
        'one/b.txt': '2',
        'one/deep/c.jpeg': '3',
        'one/deep/d.png': '4',
        'one/deep/f': '8',
        'two/30': '5',
        'two/3': '6',
        'two2/e.jpeg': '7',
      },
      { 'to/a.png': '1', 'to/b.txt': '2', 'to/3': '6', 'to/deep/f': '8' },
    ),
  ),
  {
    name: 'exclude: of another stage',
    of: ['copy--form-and--exclude-subdir-under-source', 'ExcludedFilesOnCopy'],
    dockerfile: text`
      FROM scratch AS base
      COPY . .
      FROM scratch
      COPY --from=base --exclude=storage/views app/ app/
    `,
    files: app,
    expect: { tree: files({ 'app/top': 't', 'app/storage/log': 'l' }), config: scratch },
  },
  {
    name: 'parents: links below stay links',
    of: ['copy--parents-dir-with-links'],
    dockerfile: 'FROM scratch\nCOPY --parents ./d/ /p/\n',
    files: { 'd/e/file': 'x', 'd/e/beside': link('file'), 'd/up': link('e/file'), 'd/away': link('/etc') },
    expect: {
      tree: {
        ...files({ 'p/d/e/file': 'x' }),
        'p/d/e/beside': 'link file',
        'p/d/up': 'link e/file',
        'p/d/away': 'link /etc',
      },
      config: scratch,
    },
  },
  {
    name: 'heredocs beside a file',
    of: ['heredoc-copy', 'CopyHeredoc'],
    dockerfile: text`
      FROM scratch
      ENV who=you
      COPY <<one <<"two" file /in/
      to $who
      one
      to $who
      two
    `,
    files: { file: 'f' },
    expect: {
      tree: files({ 'in/one': 'to you\n', 'in/two': 'to $who\n', 'in/file': 'f' }),
      config: { Env: [...scratch.Env, 'who=you'] },
    },
  },
];
