// What is read of the lock's own files: packages, archives' indexes, keys.
import { describe, expect, test } from 'vitest';
import { ArchiveKey, AptArchive, buildDeb, type PackageSpec } from '../../../testkit/apt/index.ts';
import { hexOf, sha256 } from '../../core/index.ts';
import { parseLock, type Lock } from '../../lock/index.ts';
import { changesBetween } from '../changes.ts';
import { provenanceChanges } from './provenance.ts';
import { reasonsFor } from './reasons.ts';
import { packageStories } from './stories.ts';
import { titleOf } from './title.ts';

const blobs = new Map<string, Buffer>();
const store = {
  readBytes: (digest: string) => {
    const bytes = blobs.get(digest);
    return bytes === undefined ? Promise.reject(new Error('it is not here')) : Promise.resolve(bytes);
  },
};

function kept(bytes: Buffer): string {
  blobs.set(sha256(bytes), bytes);
  return `size: ${bytes.length}, sha256: "${hexOf(sha256(bytes))}"`;
}

const inputs = (text: string): Lock['inputs'] =>
  parseLock(`version: 1\nasOf: "2026-01-01T00:00:00Z"\nbuilds: []\n${text}`, 'holdfast.lock').inputs;

const entry = (version: string) => `pkg (${version}) stable; urgency=low\n\n  * ${version}\n`;

function deb(spec: PackageSpec): string {
  const { name, version } = spec;
  const facts = kept(buildDeb(spec, new Date('2026-01-01T00:00:00Z')).bytes);
  return `  - {name: "${name}", version: "${version}", architecture: "all", ${facts}, url: "http://deb.test/pool/${name}_${version}_all.deb"}\n`;
}

const stories = (before: string, after: string) => {
  const [old, now] = [inputs(`apt:\n${before}`), inputs(`apt:\n${after}`)];
  return packageStories(changesBetween(old, now), old, now, store);
};

describe('a package tells', () => {
  test('what its changelog has more than the one of before, and scripts that are others', async () => {
    const scripts = { postinst: '#!/bin/sh\nexit 0\n' };
    const found = await stories(
      deb({ name: 'pkg', version: '1', changelog: entry('1'), scripts }),
      deb({
        name: 'pkg',
        version: '3',
        changelog: entry('3') + entry('2') + entry('1'),
        scripts: { postinst: '#!/bin/sh\nexit 1\n' },
      }),
    );
    expect(found).toMatchObject([
      {
        name: 'pkg (all)',
        from: '1',
        to: '3',
        changelog: [{ heading: 'pkg (3) stable; urgency=low' }, { heading: 'pkg (2) stable; urgency=low' }],
        scripts: [
          {
            name: 'postinst',
            what: 'changed',
            lines: expect.arrayContaining([{ sign: '+', text: 'exit 1' }]),
          },
        ],
      },
    ]);
  });

  test('what the package that holds its documentation says', async () => {
    const link = { files: { '/usr/share/doc/pkg': { link: 'pkg-common' } } };
    const version = (number: string, changelog: string) =>
      deb({ name: 'pkg', version: number, ...link }) +
      deb({ name: 'pkg-common', version: number, changelog });
    const found = await stories(version('1', entry('1')), version('2', entry('2') + entry('1')));
    expect(found).toMatchObject([
      {
        name: 'pkg (all)',
        changelogIn: 'pkg-common',
        changelog: [{ heading: 'pkg (2) stable; urgency=low' }],
      },
      { name: 'pkg-common (all)', changelog: [{ heading: 'pkg (2) stable; urgency=low' }] },
    ]);
  });

  test('nothing where nothing changed, and why where it cannot be read', async () => {
    const same = { changelog: entry('1') };
    expect(
      await stories(deb({ name: 'pkg', version: '1', ...same }), deb({ name: 'pkg', version: '2', ...same })),
    ).toEqual([]);
    const lost = deb({ name: 'lost', version: '1' });
    blobs.clear();
    expect(await stories(lost, deb({ name: 'lost', version: '2' }))).toMatchObject([
      { name: 'lost (all)', unread: 'it is not here' },
    ]);
  });
});

test('other signers and names of an archive, and other keys, are told of', async () => {
  const created = new Date('2020-01-01T00:00:00Z');
  const [old, other] = [await ArchiveKey.create({ created }), await ArchiveKey.create({ created })];
  const at = async (key: ArchiveKey, origin: string, date: string) => {
    const archive = await AptArchive.create({ key, origin });
    await archive.publish({ date: new Date(date), packages: [] });
    const release = archive.files.get('dists/stable/InRelease')?.bytes ?? Buffer.alloc(0);
    return inputs(
      `archives:\n  - {kind: "apt", url: "http://deb.test/", suite: "stable", date: "${date}", ${kept(release)}}\nfile:\n  - {url: "http://deb.test/key.gpg", ${kept(key.gpg)}}\n  - {url: "http://deb.test/text", ${kept(Buffer.from(date))}}\n`,
    );
  };
  const [before, after] = [
    await at(old, 'Us', '2026-01-01T00:00:00Z'),
    await at(other, 'Them', '2026-02-01T00:00:00Z'),
  ];
  const changes = changesBetween(before, after);
  const idOf = ({ fingerprint }: ArchiveKey) => fingerprint.slice(-16);
  expect(await provenanceChanges(changes, before, after, store)).toEqual([
    { subject: 'http://deb.test/ stable', name: 'Origin', from: 'Us', to: 'Them' },
    { subject: 'http://deb.test/ stable', name: 'Label', from: 'Us', to: 'Them' },
    { subject: 'http://deb.test/ stable', name: 'signed by', from: idOf(old), to: idOf(other) },
    { subject: 'http://deb.test/key.gpg', name: 'keys', from: old.fingerprint, to: other.fingerprint },
  ]);
  expect(reasonsFor(changes, [], []).map(({ why }) => why)).toEqual([
    'archive-moved',
    'file-changed',
    'file-changed',
  ]);
  const same = await at(old, 'Us', '2026-03-01T00:00:00Z');
  expect(await provenanceChanges(changesBetween(before, same), before, same, store)).toEqual([]);
});

test('titles name what they have room for, and reasons tell a release once', () => {
  const moved = (name: string) => ({
    section: 'apt' as const,
    name,
    what: 'moved' as const,
    from: ['1'],
    to: ['2'],
  });
  const closed = {
    why: 'security' as const,
    ids: ['CVE-2026-1'],
    source: 'Debian',
    package: 'src-a',
    inputs: [{ section: 'apt' as const, name: 'a' }],
  };
  expect(titleOf([], [])).toBe('Nothing moved');
  expect(titleOf([moved('a')], [closed])).toBe('Update a 1 → 2 (1 advisory closed)');
  expect(titleOf([moved('a'), moved('b'), moved('c'), { ...moved('i'), section: 'image' }], [])).toBe(
    'Update 3 apt packages and 1 image',
  );
  const sections = ['apt', 'npm', 'file'] as const;
  expect(
    titleOf(
      sections.map(section => ({ ...moved('a'), section })),
      [],
    ),
  ).toBe('Update 1 apt package, 1 npm package and 1 file');
  // A release that closes an advisory is told of by that.
  expect(reasonsFor([moved('a (amd64)'), moved('b')], [closed], [])).toEqual([
    closed,
    { why: 'released', section: 'apt', count: 1 },
  ]);
  // What was yanked or deleted gives way to what was there before it.
  const back = { ...moved('web'), section: 'pypi' as const, from: ['1.10'], to: ['1.9'] };
  expect(reasonsFor([back, { ...moved('x'), section: 'pypi' }], [], [])).toEqual([
    { why: 'released', section: 'pypi', count: 1 },
    { why: 'went-back', section: 'pypi', count: 1 },
  ]);
});
