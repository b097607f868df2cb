import { expect, test } from 'vitest';
import type { Feed, Subject } from '../advisories/index.ts';
import type { InventoryItem } from './inventory.ts';
import { advisoriesOf } from './judge-item.ts';

const tar: Subject = { kind: 'apt', name: 'tar', version: '1', source: { name: 'tar', version: '1' } };

const feed: Feed = {
  name: 'Feed',
  decidesFor: () => false,
  statementsOn: ({ version }) =>
    version === '2'
      ? []
      : [{ feed: 'Feed', flaw: 'CVE-2026-0001', ids: ['CVE-2026-0001'], state: 'affected', fixedIn: '2' }],
};

/** By what the flaw of a base's package is closed, which some of a lock's builds have in their images. */
function remedy(builds: readonly number[], upgraded: readonly string[][]) {
  const item: InventoryItem = { kind: 'apt', from: 'base', input: tar, subject: tar, builds };
  const release = { version: '2', source: { name: 'tar', version: '2' } };
  const moves = { images: [], upgraded: upgraded.map(kinds => new Set(kinds)) };
  const lookUp = { state: 'ok', newest: release, inRange: release, remarks: [] } as const;
  return advisoriesOf(item, lookUp, moves, { feeds: [feed], vex: [] }).map(
    ({ closedBy, partly = false }) => ({
      closedBy,
      partly,
    }),
  );
}

test('a step of the builds counts whose images have the package', () => {
  const closed = (closedBy: string, partly = false) => [{ closedBy, partly }];
  expect(remedy([0], [['apt']])).toEqual(closed('upgrading-step'));
  expect(remedy([0], [['apk']])).toEqual(closed('upgrade'));
  expect(remedy([1], [['apt'], []])).toEqual(closed('upgrade'));
  expect(remedy([0, 1], [['apt'], ['apt']])).toEqual(closed('upgrading-step'));
  expect(remedy([0, 1], [['apt'], []])).toEqual(closed('upgrading-step', true));
});
