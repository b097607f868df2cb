import { expect, test } from 'vitest';
import type { Hold } from '../build/index.ts';
import type { ItemAdvisory, LockReport, OutdatedItem } from './report.ts';
import { securityMoves, youngerThan } from './security-moves.ts';

const hold: Hold = { name: 'old:1', until: '2999-12-31', why: 'slow' };

function item(
  kind: OutdatedItem['kind'],
  from: OutdatedItem['from'],
  name: string,
  closed?: Pick<ItemAdvisory, 'closedBy' | 'images'>,
): OutdatedItem {
  const newest = { version: '2', since: { at: '2026-06-30T00:00:00Z', clock: 'snapshot' as const } };
  const advisory = {
    flaw: `CVE-${name}`,
    ids: [],
    subject: { kind, name, version: '1' },
    state: 'open' as const,
    severity: undefined,
    otherSeverities: [],
    fixedIn: '2',
    summary: undefined,
    url: undefined,
    note: undefined,
    unimportant: false,
    feeds: [],
    disagreement: undefined,
    vex: undefined,
  };
  return {
    kind,
    from,
    name,
    locked: '1',
    lookUp: { state: 'ok', newest, inRange: newest, remarks: [] },
    moves: true,
    age: 1,
    advisories: closed === undefined ? [] : [{ ...advisory, ...closed }],
    hold: name === hold.name ? hold : undefined,
  };
}

const report: LockReport = {
  file: 'holdfast.lock',
  asOf: '2026-02-02T00:00:00Z',
  items: [
    item('pypi', 'lock', 'web', { closedBy: 'in-range' }),
    item('pypi', 'lock', 'other'),
    item('image', 'lock', 'builder:1'),
    item('image', 'lock', 'base:1'),
    item('image', 'lock', 'old:1'),
    item('apt', 'base', 'zlib1g', { closedBy: 'image', images: ['base:1'] }),
    item('apt', 'base', 'perl-base', { closedBy: 'image', images: ['old:1'] }),
    item('apt', 'base', 'apt', { closedBy: 'upgrading-step' }),
    item('apt', 'base', 'tar', { closedBy: 'upgrade' }),
    item('apt', 'base', 'bash', { closedBy: undefined }),
  ],
  activeHolds: [],
  expiredHolds: [],
  unknownHolds: [],
};

const names = (items: readonly OutdatedItem[]) => items.map(({ name }) => name);

test('a base image moves for what came with it, and no other; what a step upgrades moves itself', () => {
  const all = securityMoves(report, []);
  expect(names(all.items)).toEqual(['web', 'base:1', 'apt']);
  expect(names(all.held)).toEqual(['old:1']);
  expect(names(securityMoves(report, ['apt']).items)).toEqual(['base:1', 'apt']);
  expect(names(securityMoves(report, ['zlib1g', 'web']).items)).toEqual(['web', 'base:1']);
  expect(names(securityMoves(report, ['image']).items)).toEqual(['base:1']);
});

test('what came with a base image waits for its age only where it moves by itself', () => {
  const young = names(youngerThan(report, 7, new Date('2026-07-01T00:00:00Z')));
  expect(young).toEqual(['web', 'other', 'builder:1', 'base:1', 'old:1', 'apt']);
});
