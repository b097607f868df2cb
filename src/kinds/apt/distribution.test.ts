import { describe, expect, it } from 'vitest';
import { integrityError, upstreamError } from '../../core/index.ts';
import type { VerifiedRelease } from './archive.ts';
import { distributionSuites, type SuiteCandidate } from './distribution.ts';
import { parseRelease } from './release.ts';
import { parseListFile } from './sources.ts';

type World = Readonly<Record<string, string>>;

/** What the archives say of themselves, by `uri suite`; what is not there is missing. */
function opener(world: World): (candidate: SuiteCandidate) => Promise<VerifiedRelease> {
  return async ({ uri, suite }) => {
    const fields = world[`${uri} ${suite}`];
    if (fields === undefined) throw upstreamError('APT_RELEASE_MISSING', `${uri} ${suite}`, { next: '' });
    if (fields === 'bad') throw integrityError('APT_SIGNATURE_BAD', `${uri} ${suite}`, { next: '' });
    const [, signer = 'A'] = /^Signer: (.*)$/m.exec(fields) ?? [];
    const text = `${fields}\nDate: Sat, 01 Jun 2024 12:00:00 UTC\nSHA256:\n`;
    return {
      uri,
      suite,
      release: parseRelease(text, uri),
      index: { url: uri, size: 1, digest: `sha256:${'0'.repeat(64)}` as VerifiedRelease['index']['digest'] },
      signer,
    };
  };
}

const system = parseListFile(
  `deb https://docker.test/linux tide stable
deb https://a.test/debian tide main
deb https://a.test/debian tide-updates main
deb https://a.test/debian tide contrib
deb https://a.test/debian tide-backports main
deb https://b.test/security tide-security main
deb https://pg.test tide-pgdg main
deb-src https://src.test tide main
deb https://flat.test ./
`,
  'sources.list',
);
const world: World = {
  'https://docker.test/linux tide': 'Origin: Docker\nSuite: tide',
  'https://a.test/debian tide': 'Origin: Debian\nSuite: stable\nCodename: tide',
  'https://a.test/debian tide-updates': 'Origin: Debian\nSuite: stable-updates\nCodename: tide-updates',
  'https://b.test/security tide-security': 'Origin: Debian\nLabel: Debian-Security\nCodename: tide-security',
};

const chosen = async (
  sources: typeof system,
  suite: string,
  archives: World,
  leftOut: string[] = [],
): Promise<string[]> =>
  (
    await distributionSuites(sources, suite, opener(archives), (candidate, why) =>
      leftOut.push(`${candidate.uri} ${candidate.suite}: ${why}`),
    )
  ).map(({ uri, suite: name, components }) => `${uri} ${name} ${components.join(',')}`);

describe('distributionSuites', () => {
  it('tells the distribution from others that call a suite the same', async () => {
    expect(await chosen(system, 'tide', world)).toEqual([
      'https://a.test/debian tide main,contrib',
      'https://a.test/debian tide-updates main',
      'https://b.test/security tide-security main',
    ]);
  });

  it('takes each suite from the mirror that has it, and does not go on without one', async () => {
    const mirrors = parseListFile(
      ['a.test/debian', 'b.test/security']
        .flatMap(uri =>
          ['', '-updates', '-security'].map(suffix => `deb https://${uri} tide${suffix} main\n`),
        )
        .join(''),
      '--mirror',
    );
    expect(await chosen(mirrors, 'tide', world)).toEqual([
      'https://a.test/debian tide main',
      'https://a.test/debian tide-updates main',
      'https://b.test/security tide-security main',
    ]);
    // One that somebody else calls so does not stand in for it.
    const foreign = { ...world, 'https://b.test/security tide-security': 'Origin: Else\nSigner: B' };
    await expect(chosen(mirrors, 'tide', foreign)).rejects.toThrow(
      expect.objectContaining({
        code: 'APT_SUITE_NOT_FOUND',
        details: [
          expect.stringMatching(/^https:\/\/b.test\/security: its Origin is Else, that of tide is Debian/),
        ],
      }),
    );
    // Nor does it hide that the one of the distribution cannot be read.
    const bad = { ...foreign, 'https://a.test/debian tide-security': 'bad' };
    await expect(chosen(mirrors, 'tide', bad)).rejects.toThrow(
      expect.objectContaining({ code: 'APT_SIGNATURE_BAD' }),
    );
  });

  it('takes any Origin where there is only one, and asks where there are two', async () => {
    const { 'https://a.test/debian tide': _debian, ...rest } = world;
    const one = { 'https://a.test/debian tide': 'Origin: Mine\nSuite: tide' };
    const sources = system.filter(({ uris }) => uris[0] === 'https://a.test/debian').slice(0, 1);
    expect(await chosen(sources, 'tide', one)).toEqual(['https://a.test/debian tide main']);
    await expect(chosen(system, 'tide', { ...rest, ...one })).rejects.toThrow(
      expect.objectContaining({ code: 'APT_SUITE_NOT_FOUND', exit: 5 }),
    );
  });

  it('does not go on without a security suite that fails, but without another archive', async () => {
    const bad = { ...world, 'https://b.test/security tide-security': 'bad' };
    await expect(chosen(system, 'tide', bad)).rejects.toThrow(
      expect.objectContaining({ code: 'APT_SIGNATURE_BAD' }),
    );
    const { 'https://b.test/security tide-security': _gone, ...missing } = world;
    await expect(chosen(system, 'tide', missing)).rejects.toThrow(
      expect.objectContaining({ code: 'APT_RELEASE_MISSING' }),
    );
    expect(await chosen(system, 'tide', { ...world, 'https://docker.test/linux tide': 'bad' })).toHaveLength(
      3,
    );
  });

  it('leaves out what is not automatic, and suites of another origin, and says so', async () => {
    const held = {
      ...world,
      'https://a.test/debian tide-updates': 'Origin: Debian\nSuite: tide-updates\nNotAutomatic: yes',
    };
    const leftOut: string[] = [];
    expect(await chosen(system, 'tide', held, leftOut)).toHaveLength(2);
    const foreign = {
      ...world,
      'https://b.test/security tide-security': 'Origin: Evil\nSuite: tide-security\nSigner: B',
    };
    expect(await chosen(system, 'tide', foreign, leftOut)).toHaveLength(2);
    expect(leftOut).toEqual([
      expect.stringMatching(/^https:\/\/a.test\/debian tide-updates: it says NotAutomatic/),
      expect.stringMatching(/^https:\/\/b.test\/security tide-security: its Origin is Evil, .* Debian/),
    ]);
  });

  it('keeps a suite that a mirror gave another Origin, where the same key signs it', async () => {
    const relabelled = {
      ...world,
      'https://b.test/security tide-security': 'Origin: Mirror\nSuite: tide-security',
    };
    const leftOut: string[] = [];
    expect(await chosen(system, 'tide', relabelled, leftOut)).toHaveLength(3);
    expect(leftOut).toEqual([]);
  });

  it('finds another release of the distribution at the same addresses', async () => {
    const next = {
      'https://a.test/debian ebb': 'Origin: Debian\nCodename: ebb',
      'https://b.test/security ebb-security': 'Origin: Debian\nCodename: ebb-security',
    };
    expect(await chosen(system, 'ebb', next)).toEqual([
      'https://a.test/debian ebb main,contrib',
      'https://b.test/security ebb-security main',
    ]);
  });

  it('says what was tried where there is none', async () => {
    await expect(chosen(system, 'nothing', world)).rejects.toThrow(
      expect.objectContaining({
        details: expect.arrayContaining([expect.stringContaining('https://a.test/debian')]),
      }),
    );
  });
});
