import { expect, test } from 'vitest';
import type { ItemAdvisory, OutdatedItem, OutdatedReport } from '../../outdated/index.ts';
import { outdatedMarkdown } from './markdown.ts';
import { outdatedText } from './text.ts';

const hold = { name: 'web', until: '2999-12-31', why: 'slow' };
const slip = { name: 'libhelo', until: '2999-12-31', why: 'breaks' };

function item(name: string, level?: 'high' | 'low'): OutdatedItem {
  const advisory: ItemAdvisory = {
    flaw: `CVE-${name}`,
    ids: [],
    state: 'open',
    otherSeverities: [],
    unimportant: false,
    feeds: ['OSV'],
    subject: { kind: 'pypi', name, version: '1' },
    fixedIn: '2',
    closedBy: 'newest',
    severity: level && { level, whose: 'GitHub' },
    summary: undefined,
    url: undefined,
    note: undefined,
    disagreement: undefined,
    vex: undefined,
  };
  const newest = { version: '2' };
  return {
    kind: 'pypi',
    from: 'lock',
    name,
    locked: '1',
    lookUp: { state: 'ok', newest, inRange: newest, remarks: [] },
    moves: true,
    age: undefined,
    advisories: [advisory],
    hold: name === hold.name ? hold : undefined,
  };
}

const report: OutdatedReport = {
  now: '2026-07-01T00:00:00Z',
  locks: [
    {
      file: 'holdfast.lock',
      asOf: '2026-02-02T00:00:00Z',
      items: [item('libhello'), item('web', 'high'), item('curl', 'low')],
      activeHolds: [hold, slip],
      expiredHolds: [],
      unknownHolds: [{ name: 'libhelo', near: 'libhello' }],
    },
  ],
  feeds: ['OSV'],
  failures: [],
};

test('the worst advisory comes first, in text and in markdown', () => {
  const order = ['CVE-web', 'CVE-curl', 'CVE-libhello'];
  for (const text of [outdatedText(report, { colour: false, verbose: false }), outdatedMarkdown(report)]) {
    const places = order.map(flaw => text.indexOf(flaw));
    expect(places, text).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  }
});

test('what is held closes nothing, and a hold that holds nothing is told of', () => {
  const text = outdatedText(report, { colour: false, verbose: false });
  const summary = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
  expect(summary).toMatch(/; 3 open advisories, 2 closed by moving, 1 by moving what is held\n$/);
  expect(outdatedMarkdown(report).endsWith(`\n\n${summary}`)).toBe(true);
  expect(text).toMatch(/ {2}held\n {4}web +1 → 2 +until 2999-12-31: slow\n/);
  expect(text).toContain('    held, and nothing is called so: libhelo; did you mean libhello?\n');
  expect(outdatedMarkdown(report)).toContain('| libhelo | nothing is called so | did you mean libhello? |');
});

test('a flaw of a base image says how it is closed, once for all packages of a source', () => {
  const base = (name: string, closedBy: ItemAdvisory['closedBy'], isLookedUp: boolean): OutdatedItem => {
    const { advisories, lookUp, ...own } = item('lib');
    return {
      ...own,
      kind: 'apt',
      from: 'base',
      name,
      lookUp: isLookedUp ? lookUp : undefined,
      moves: isLookedUp,
      advisories: advisories.map(advisory => ({
        ...advisory,
        closedBy,
        subject: { kind: 'apt', name, version: '1', source: { name: 'lib', version: '1' } },
      })),
    };
  };
  const shown = (...items: OutdatedItem[]) => {
    const one = {
      ...report,
      locks: report.locks.map(lock => ({ ...lock, activeHolds: [], unknownHolds: [], items })),
    };
    return [outdatedText(one, { colour: false, verbose: false }), outdatedMarkdown(one)];
  };
  for (const text of shown(base('lib1', 'upgrading-step', true), base('lib-bin', 'upgrading-step', true))) {
    expect(text).toMatch(/lib1, lib-bin .*fixed in 2, closed by moving: a step upgrades it/);
    expect(text).toContain('1 open advisory, 1 closed by moving');
  }
  for (const text of shown(base('lib1', 'upgrade', true)))
    expect(text).toContain('1 open advisory, 0 closed by moving');
  for (const text of shown(base('lib1', undefined, false)))
    expect(text).toContain('fixed in 2, which the base image does not have yet; no step upgrades it');
  // Where the look-up failed, nobody knows whether the fix is there.
  const failed: OutdatedItem = {
    ...base('lib1', undefined, false),
    from: 'lock',
    lookUp: { state: 'unreachable', why: 'it answered 503' },
  };
  for (const text of shown(failed)) {
    expect(text).toContain('fixed in 2; whether it is to be had, the look-up that failed would say');
    expect(text).not.toContain('not there to be had');
  }
});

test('where no feed was read, nobody says that there is no advisory', () => {
  const sound = { ...item('sound'), advisories: [] };
  const locks = report.locks.map(lock => ({ ...lock, items: [sound] }));
  const failures = [{ feed: 'https://osv.test', code: 'FEED_UNREACHABLE', why: 'gave no answer' }];
  const told = (more: Partial<OutdatedReport>) =>
    outdatedText({ ...report, locks, ...more }, { colour: false, verbose: false });
  expect(told({ feeds: [], failures })).toContain('advisories unknown: no feed answered');
  expect(told({ failures })).toContain('no open advisory in the feeds that answered');
  expect(told({})).toMatch(/no open advisory$/m);
});
