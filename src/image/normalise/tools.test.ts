import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sourceDate } from '../diff/testing.ts';
import { canBeRoot, temporaryDirectory } from '../filesystem/testing.ts';
import { tarFile, tarNode } from '../tar/testing.ts';
import { layerOf } from './testing.ts';

const isRoot = canBeRoot('rules for what tools leave');
const late = sourceDate + 5000;

/** `/etc/aliases.db` as Postfix's `newaliases` made it on Debian 12. */
const aliases = inflateSync(
  Buffer.from(
    `
eNrt2TFKA0EUxvE3EiQWYbZJYWsnpEjAsG4jBrJCwE2CsUmTZQnCFisjyd5CPIqVlQewsBIvENLmCgExswyCrF0Kk+L/Y4Z5fAOv
fzwRESVOUj+Uo6Lw7K267ED+el9eSMO+x6ePz98nLlO/+hQqtsfnUzop5wAAAAAAYDfKM3pVXrTUvvRar/RCf+g3/aptAgAAAAAA
/nFcnxmTi3ow8/w+med3M1GZmSZZagM1HsZRZ3Qb3sT9ThSqlh+0z4Km3zwvfq7tTxwNur2rXthVl2LPz/xf2vN7UnPFtvt/Yf8P
AAAAAMDe2AAY3yxL
`,
    'base64',
  ),
);

describe.skipIf(!isRoot)('mail-tables', () => {
  const tableIn = async (path: string, bytes: Buffer) => {
    const { contents } = await layerOf([tarFile(path, bytes)]);
    return Buffer.from(contents[path] ?? '', 'latin1');
  };
  const withNumber = (fill: number, change: (table: Buffer) => void = () => {}) => {
    const table = Buffer.from(aliases);
    table.fill(fill, 52, 72);
    change(table);
    return table;
  };

  const timeAt = aliases.indexOf('YP_LAST_MODIFIED') - 11;

  test('number, time and free space are the same each time, and nothing else changes', async () => {
    const made = await tableIn('etc/aliases.db', aliases);
    expect(made.subarray(52, 72)).not.toEqual(aliases.subarray(52, 72));
    expect(aliases.toString('latin1', timeAt, timeAt + 10)).toMatch(/^1795\d{6}$/);
    expect(made.toString('latin1', timeAt, timeAt + 10)).toBe(String(sourceDate));
    const other = withNumber(7, table => {
      table.write('1999999999', timeAt);
      // A page without items has memory of another one after its head.
      table.write('memory', 8192 + 60);
    });
    expect(await tableIn('etc/aliases.db', other)).toEqual(made);

    const places = [...made.keys()].filter(at => made[at] !== aliases[at]);
    const isKnown = (at: number) =>
      (at >= 52 && at < 72) || (at >= timeAt && at < timeAt + 10) || at >= 8192 + 26;
    expect(places.filter(at => !isKnown(at))).toEqual([]);
  });

  test('Berkeley DB reads what it read before', async () => {
    using dir = temporaryDirectory();
    const dumped = (table: Buffer) => {
      const path = join(dir.path, 'table.db');
      writeFileSync(path, table);
      const script = String.raw`use DB_File; tie %t, "DB_File", shift, O_RDONLY, 0, $DB_HASH or die $!; print join("", map { "$_=$t{$_}\n" } sort keys %t) =~ tr/\0//dr`;
      return execFileSync('perl', ['-e', script, path]).toString();
    };
    const before = dumped(aliases);
    expect(before).toContain('postmaster=root');
    expect(dumped(await tableIn('etc/aliases.db', aliases))).toBe(
      before.replace(/1795\d{6}/, String(sourceDate)),
    );
  });

  test('files with other paths or contents have other numbers', async () => {
    const numbers = [
      await tableIn('etc/aliases.db', aliases),
      await tableIn('etc/postfix/virtual.db', aliases),
      await tableIn(
        'etc/aliases.db',
        withNumber(0, table => table.write('X', aliases.indexOf('postmaster'))),
      ),
    ].map(table => table.toString('hex', 52, 72));
    expect(new Set(numbers).size).toBe(3);
  });

  test.each<[string, string, Buffer]>([
    ['a database elsewhere', 'var/lib/app/a.db', aliases],
    ['SQLite', 'etc/app/a.db', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080)])],
    ['an encrypted one', 'etc/a.db', withNumber(1, table => table.writeUInt8(1, 24))],
    ['one with checksums', 'etc/a.db', withNumber(1, table => table.writeUInt8(1, 26))],
    ['a short file', 'etc/a.db', aliases.subarray(0, 100)],
  ])('%s stays', async (_what, path, bytes) => {
    expect(await tableIn(path, bytes)).toEqual(bytes);
  });
});

describe.skipIf(!isRoot)('TeX', () => {
  const listing = (...blocks: string[]) =>
    `% ls-R -- filename database for kpathsea; do not change this line.\n\n${blocks.join('\n\n')}\n`;

  test('tex-file-names: directories and the names in each are sorted', async () => {
    const path = 'var/lib/texmf/ls-R';
    const { contents } = await layerOf([
      tarFile(
        path,
        listing('./:\n.:\nweb2c\nfmtutil.cnf', './web2c/pdftex:\nb.log\na.fmt', './web2c:\npdftex'),
      ),
      tarFile('srv/ls-R', 'z\na\n'),
    ]);
    expect(contents[path]).toBe(
      listing('./:\n.:\nfmtutil.cnf\nweb2c', './web2c/pdftex:\na.fmt\nb.log', './web2c:\npdftex'),
    );
    expect(contents['srv/ls-R']).toBe('z\na\n');
  });

  test('tex-logs: emptied', async () => {
    const { contents } = await layerOf([
      tarFile('var/lib/texmf/web2c/pdftex/pdftex.log', 'when'),
      tarFile('usr/local/texlive/2026/texmf-var/web2c/updmap.log', 'when'),
      tarFile('var/lib/texmf/web2c/pdftex/pdftex.fmt', 'format'),
      tarFile('srv/paper.log', 'kept'),
    ]);
    expect(Object.values(contents)).toEqual(['', '', 'format', 'kept']);
  });
});

describe.skipIf(!isRoot)('pnpm-times', () => {
  const state = (pruned: string, validated: number) => [
    tarFile('w/node_modules/.modules.yaml', `{\n  "prunedAt": "${pruned}",\n  "skipped": []\n}`),
    tarFile('old/node_modules/.modules.yaml', `pendingBuilds: []\nprunedAt: ${pruned}\n`),
    tarFile(
      'w/node_modules/.pnpm-workspace-state-v1.json',
      `{\n  "lastValidatedTimestamp": ${validated},\n  "projects": {}\n}`,
    ),
    tarFile(
      'root/.local/share/pnpm/store/v10/index/ca/33-a@1.0.0.json',
      `{"files":{"a":{"checkedAt":${validated},"mode":420},"b":{"checkedAt":${validated}}}}`,
    ),
    tarFile('root/.cache/pnpm/metadata-v1.3/a/a.json', `{"name":"a","cachedAt":${validated}}`),
  ];

  test('late times become the source date', async () => {
    const { contents } = await layerOf([
      ...state(new Date(late * 1000).toUTCString(), late * 1000 + 123),
      tarFile('root/.cache/pnpm/lockfile-verified.jsonl', `{"inode":"4885859"}`),
      tarFile('w/node_modules/a/package.json', `{"checkedAt":${late}000}`),
    ]);
    const expected = await layerOf(state(new Date(sourceDate * 1000).toUTCString(), sourceDate * 1000));
    expect(contents).toEqual({
      ...expected.contents,
      'root/.cache/pnpm/lockfile-verified.jsonl': undefined,
      'w/node_modules/a/package.json': `{"checkedAt":${late}000}`,
    });
    expect(expected.hits).toEqual([]);
  });

  test('times before it stay', async () => {
    const files = state('Tue, 01 Feb 2022 10:00:00 GMT', 1_600_000_000_000);
    const { hits } = await layerOf(files);
    expect(hits).toEqual([]);
  });
});

test.skipIf(!isRoot)('cargo-caches: beside fingerprints only; cargo-last-use: in every home', async () => {
  const { listing } = await layerOf([
    tarFile('w/target/.rustc_info.json', '{}'),
    tarFile('w/target/debug/.fingerprint/w-1/dep', 'x'),
    tarFile('w/target/debug/incremental/w-1/s-abc/dep-graph.bin', 'x'),
    tarFile('w/target/debug/w', 'x'),
    tarFile('w/src/incremental/mod.rs', 'x'),
    tarFile('usr/local/cargo/.global-cache', 'times'),
    tarFile('root/.cargo/.global-cache', 'times'),
  ]);
  expect(listing.filter(path => !path.endsWith('/'))).toEqual([
    'w/src/incremental/mod.rs',
    'w/target/debug/.fingerprint/w-1/dep',
    'w/target/debug/w',
  ]);
  expect(listing).not.toContain('w/target/debug/incremental/');
});

test.skipIf(!isRoot)('gem-logs: emptied', async () => {
  const place = 'var/lib/gems/3.1.0/extensions/x86_64-linux/3.1.0/hi-1.0';
  const { contents } = await layerOf([
    tarFile(`${place}/gem_make.out`, 'siteconf20261124-106-95rwt4.rb'),
    tarFile(`${place}/mkmf.log`, 'conftest'),
    tarFile(`${place}/gem.build_complete`, 'x'),
  ]);
  expect(Object.values(contents)).toEqual(['', '', 'x']);
});

test.skipIf(!isRoot)('apk-log: the log is emptied, the database stays', async () => {
  const { contents } = await layerOf([
    tarFile('var/log/apk.log', 'when'),
    tarFile('lib/apk/db/installed', 'packages'),
  ]);
  expect(contents).toMatchObject({ 'var/log/apk.log': '', 'lib/apk/db/installed': 'packages' });
});

test.skipIf(!isRoot)(
  'dnf and rpm: logs are emptied, caches are gone, the database of packages stays',
  async () => {
    const { contents, listing } = await layerOf([
      tarFile('var/log/dnf.log', 'when'),
      tarFile('var/log/dnf.librepo.log', 'when'),
      tarFile('var/log/dnf-mine.log', 'kept'),
      tarFile('var/cache/dnf/base.solv', 'x'),
      tarFile('var/cache/dnf/base-0123/repodata/repomd.xml', 'x'),
      tarFile('usr/lib/sysimage/rpm/rpmdb.sqlite', 'packages'),
      tarFile('usr/lib/sysimage/rpm/rpmdb.sqlite-shm', 'locks'),
      tarFile('var/lib/dnf/modules.d/a.module', 'x'),
    ]);
    expect(contents).toMatchObject({
      'var/log/dnf.log': '',
      'var/log/dnf.librepo.log': '',
      'var/log/dnf-mine.log': 'kept',
      'usr/lib/sysimage/rpm/rpmdb.sqlite': 'packages',
      'var/lib/dnf/modules.d/a.module': 'x',
    });
    expect(listing.filter(path => /var\/cache\/dnf\/.|sqlite-shm/.test(path))).toEqual([]);
  },
);

test.skipIf(!isRoot)('dnf-keyrings: empty or with what GnuPG makes, and nothing else in /tmp', async () => {
  const directory = (path: string) => tarNode('directory', path, { mode: 0o700 });
  const tmp = tarNode('directory', 'tmp', { mode: 0o1777 });
  const below = [tmp, directory('tmp/tmpabcdefgh')];
  const { listing, hits } = await layerOf(
    [
      tmp,
      directory('tmp/tmpd298_xaz'),
      tarFile('tmp/tmp_0k3v9qz/pubring.kbx', 'key'),
      tarFile('tmp/tmp_0k3v9qz/trustdb.gpg', 'times'),
      directory('tmp/tmp_0k3v9qz/private-keys-v1.d'),
    ],
    below,
  );
  expect(listing).toEqual([]);
  expect(hits).toEqual(['dnf-keyrings tmp/tmp_0k3v9qz', 'dnf-keyrings tmp/tmpd298_xaz']);

  const kept = await layerOf(
    [
      tarFile('tmp/tmpqwertyui/pubring.kbx', 'key'),
      tarFile('tmp/tmpqwertyui/mine', 'kept'),
      tarFile('tmp/tmpzxcvbnm1/private-keys-v1.d/0123.key', 'a secret'),
      directory('tmp/tmp.Ab3dEf6hIj'),
      tarFile('tmp/tmpasdfghjk', 'a file'),
      // The base's own.
      tarFile('tmp/tmpabcdefgh/pubring.kbx', 'key'),
      directory('srv/tmp/tmpd298_xaz'),
    ],
    below,
  );
  expect(kept.hits).toEqual([]);
});

test.skipIf(!isRoot)('dnf-history: as it was below, and gone where nothing was', async () => {
  const step = [
    tarFile('var/lib/dnf/history.sqlite', 'new'),
    tarFile('var/lib/dnf/history.sqlite-wal', 'new'),
  ];
  const alone = await layerOf(step);
  expect(alone.listing.filter(path => path.includes('history'))).toEqual([]);
  const above = await layerOf(step, [tarFile('var/lib/dnf/history.sqlite', 'old')]);
  expect(above.contents['var/lib/dnf/history.sqlite'] ?? 'old').toBe('old');
  expect(above.listing.filter(path => path.includes('history'))).toEqual([]);
});
