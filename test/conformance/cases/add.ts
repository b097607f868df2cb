import { archive, link, text, type Case, type ContextFile } from '../case.ts';

const packed = {
  'dir/': { mode: 0o750, owner: [21, 22] },
  'dir/file': { text: 'packed', owner: [21, 22], mode: 0o640 },
  top: 'top',
  short: { link: 'dir/file' },
  hard: { hardLink: 'top' },
} as const;

/** A context with an archive beside files. */
const mixed: Readonly<Record<string, ContextFile>> = {
  plain: 'p',
  'sub/a.tar.gz': archive(packed, 'gzip'),
  'sub/plain': 's',
};

const row = (name: string, of: readonly string[], add: string): Case => ({
  name,
  of,
  dockerfile: `FROM scratch\n${add}\n`,
  files: mixed,
});

/** ADD: archives are taken apart. */
export const add: readonly Case[] = [
  row('an archive in the context stays one', ['add-archive-1'], 'ADD . .'),
  row('an archive in a directory stays one', ['add-archive-2'], 'ADD sub/ /'),
  row(
    'an archive is taken apart in the root',
    ['add-archive-3', 'DockerfileAddArchive'],
    'ADD sub/a.tar.gz /',
  ),
  row('an archive below the root stays one', ['add-archive-4'], 'ADD / /'),
  row('a directory into one of its name', ['add-archive-5'], 'ADD sub/ sub/'),
  row('an archive is taken apart in a new directory', ['add-archive-6'], 'ADD sub/a.tar.gz /in/'),
  row('what a wildcard finds is taken apart', ['add-archive-7'], 'ADD sub/* /in/'),
  row('without a slash the target is a directory too', [], 'ADD sub/a.tar.gz /in/here'),
  {
    name: 'archives are known by what they hold',
    dockerfile: text`
      FROM scratch
      ADD a b c e /in/
      ADD d.tar.gz /text
      ADD no.gz /no/
    `,
    files: {
      a: archive({ a: 'a' }),
      b: archive({ b: 'b' }, 'gzip'),
      c: archive({ c: 'c' }, 'bzip2'),
      e: archive({ e: 'e' }, 'xz'),
      'd.tar.gz': 'text',
    },
    code: 'COPY_SOURCE_MISSING',
  },
  {
    name: 'archives of all sorts',
    dockerfile: text`
      FROM scratch
      ADD a b c e d.tar.gz /in/
      COPY a /copied
    `,
    files: {
      a: archive({ a: 'a' }),
      b: archive({ b: 'b' }, 'gzip'),
      c: archive({ c: 'c' }, 'bzip2'),
      e: archive({ e: 'e' }, 'xz'),
      'd.tar.gz': 'text',
    },
  },
  {
    name: 'an archive keeps owners and modes, files of the context do not have them',
    of: ['add-permissions'],
    dockerfile: text`
      FROM scratch
      ADD a.tar one/
      ADD a/ two/
    `,
    files: {
      'a.tar': archive({
        root: { text: 'x', mode: 0o640 },
        '99': { text: 'x', mode: 0o640, owner: [99, 99] },
      }),
      'a/root': { text: 'x', mode: 0o640 },
      'a/99': { text: 'x', mode: 0o640, owner: 99 },
    },
    ours: {
      why: 'files of the context get the modes that git keeps',
      tree: { 'two/root': 'file 644 0:0 "x"', 'two/99': 'file 644 0:0 "x"' },
    },
  },
  {
    name: 'special permissions in an archive',
    of: ['setuid-file-in-archive'],
    dockerfile: 'FROM scratch\nADD a.tar .\n',
    files: {
      'a.tar': archive({
        setuid: { mode: 0o4755 },
        setgid: { mode: 0o2755 },
        sticky: { mode: 0o1755 },
        'setuid-dir/': { mode: 0o4755 },
        'setgid-dir/': { mode: 0o2755 },
        'sticky-dir/': { mode: 0o1755 },
      }),
    },
  },
  {
    name: 'special permissions in the context',
    of: ['setuid-file-in-context'],
    dockerfile: 'FROM scratch\nCOPY . one\nADD . two\n',
    files: {
      setuid: { text: 'x', mode: 0o4755 },
      setgid: { text: 'x', mode: 0o2755 },
      sticky: { text: 'x', mode: 0o1755 },
      none: { text: 'x', mode: 0o640 },
    },
    ours: {
      why: 'files of the context get the modes that git keeps',
      tree: Object.fromEntries(
        ['one', 'two'].flatMap(to => [
          [`${to}/none`, 'file 644 0:0 "x"'],
          ...['setuid', 'setgid', 'sticky'].map(name => [`${to}/${name}`, 'file 755 0:0 "x"']),
        ]),
      ) as Record<string, string>,
    },
  },
  {
    name: 'extended attributes in an archive',
    of: ['xattrs-file-in-archive'],
    dockerfile: 'FROM scratch\nADD a.tar .\n',
    files: { 'a.tar': archive({ marked: { text: 'x', xattr: 'test' } }) },
    by: 'buildah',
  },
  {
    name: 'extended attributes in the context',
    of: ['xattrs-file-in-context'],
    dockerfile: 'FROM scratch\nCOPY . one\nADD . two\n',
    files: { marked: { text: 'x', xattrs: 'test' } },
    ours: {
      why: 'git keeps none, so a checkout of the same commit would be another image',
      tree: { 'one/marked': 'file 644 0:0 "x"', 'two/marked': 'file 644 0:0 "x"' },
    },
  },
  {
    name: 'a link leads away, and .. back',
    of: ['add-parent-clean'],
    dockerfile: text`
      FROM tiny:1
      RUN ln -s /target/sub /way
      ADD . /way/..
    `,
    files: { a: 'a' },
  },
  {
    name: 'a link that leads nowhere is followed',
    of: ['add-parent-dangling'],
    dockerfile: text`
      FROM tiny:1
      RUN ln -s target /way
      ADD . /way/sub/
    `,
    files: { a: 'a' },
  },
  {
    name: 'links in an archive',
    of: ['add-parent-symlink'],
    dockerfile: 'FROM scratch\nADD a.tar /sub\n',
    files: {
      'a.tar': archive({ 'foo/': {}, 'foo/link': { link: 'real' }, 'foo/real/': {}, 'foo/real/file': 'x' }),
    },
  },
  {
    name: 'an absolute link in the image leads below its root',
    of: ['DockerfileAddArchiveThroughAbsoluteSymlink'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir /real && ln -s /real /way
      ADD a.tar /
      ADD b.tar /way/
    `,
    files: { 'a.tar': archive({ 'way/below': 'x' }), 'b.tar': archive({ 'b/c': 'y' }) },
  },
  {
    name: 'directories that the archive leaves out',
    of: ['DockerfileAddArchiveWithImpliedParentDir'],
    dockerfile: 'FROM scratch\nADD --chown=3:4 a.tar /new/\n',
    files: { 'a.tar': archive({ 'one/two/file': { text: 'x', mode: 0o600 } }) },
    ours: {
      why: 'newer BuildKit gives what an archive holds to the owner that is named',
      tree: {
        'new/one': 'dir 755 3:4',
        'new/one/two': 'dir 755 3:4',
        'new/one/two/file': 'file 600 3:4 "x"',
      },
    },
  },
  {
    name: 'an archive with an owner',
    of: ['DockerfileAddChownArchive', 'DockerfileAddChownExpand'],
    dockerfile: text`
      FROM tiny:1
      ARG group=7
      ENV owner 1000
      ADD --chown=\${owner}:\${group} a.tar /in/
      ADD --chown=app plain /plain
    `,
    files: { 'a.tar': archive(packed), plain: 'x' },
    ours: {
      why: 'newer BuildKit gives what an archive holds to the owner that is named',
      tree: {
        'in/dir': 'dir 750 1000:7',
        'in/dir/file': 'file 640 1000:7 "packed"',
        'in/hard': 'file 644 1000:7 "top"',
        'in/short': 'link dir/file 1000:7',
        'in/top': 'file 644 1000:7 "top" = in/hard',
      },
    },
  },
  {
    name: 'a file of the archive where a directory is',
    of: ['add-dir-not-dir'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir one
      ADD a.tar /
    `,
    files: { 'a.tar': archive({ one: 'x' }) },
  },
  {
    name: 'a file of the archive where a full directory is',
    of: ['add-populated-dir-not-dir'],
    dockerfile: text`
      FROM tiny:1
      RUN mkdir one && echo 1 > one/1 && echo 2 > one/2
      ADD a.tar /
    `,
    files: { 'a.tar': archive({ one: 'x' }) },
  },
  {
    name: 'a directory of the archive where a file is',
    of: ['add-not-dir-dir'],
    dockerfile: text`
      FROM tiny:1
      RUN touch /one
      ADD a.tar /
    `,
    files: { 'a.tar': archive({ 'one/': { mode: 0o700 }, 'one/in': 'x' }) },
  },
  {
    name: 'an archive with a global header',
    of: ['tar-g'],
    dockerfile: 'FROM scratch\nADD a.tar.gz /\n',
    files: { 'a.tar.gz': archive({ pax_global_header: { globalComment: 'of git' }, file: 'x' }, 'gzip') },
  },
  {
    name: 'the entry of the archive’s root does not change the target',
    dockerfile: text`
      FROM tiny:1
      RUN mkdir -m 700 /in && chown 5:6 /in
      ADD a.tar /in/
    `,
    files: { 'a.tar': archive({ './': { mode: 0o755, owner: [1, 1] }, './file': 'x' }) },
  },
  {
    name: 'dates of an archive stay',
    dockerfile: 'FROM scratch\nADD a.tar /\n',
    files: { 'a.tar': archive({ old: { text: 'x', mtime: 981_173_106 } }) },
    dated: ['old'],
  },
  {
    name: 'an archive with the mark of a removed file',
    dockerfile: text`
      FROM scratch
      COPY a /in/a
      ADD a.tar /in/
    `,
    files: { a: 'a', 'a.tar': archive({ '.wh.a': '' }) },
    code: 'TAR_UNSAFE',
    ours: { why: 'such a file would remove another from the image of whoever unpacks it', fails: true },
  },
  {
    name: 'a fifo in an archive',
    dockerfile: 'FROM scratch\nADD a.tar /\n',
    files: { 'a.tar': archive({ pipe: { fifo: true, mode: 0o600 } }) },
  },
  {
    name: 'a link that is an archive',
    dockerfile: 'FROM scratch\nADD link /in/\n',
    files: { 'a.tar': archive({ file: 'x' }), link: link('a.tar') },
  },
  {
    name: 'ADD with a mode that is none',
    of: ['AddInvalidChmod'],
    dockerfile: 'FROM tiny:1\nADD --chmod=64a plain /plain\n',
    files: { plain: 'x' },
    code: 'COPY_CHMOD',
    ours: { why: 'newer BuildKit refuses it too', fails: true },
  },
];
