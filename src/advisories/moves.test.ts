import { expect, test } from 'vitest';
import { debianTracker } from './debian-tracker.ts';
import { advisoriesOn } from './judge.ts';
import { advisoriesOfMove } from './moves.ts';
import { osvFeed } from './osv/osv-feed.ts';
import { osvRecord } from './osv/record.ts';
import type { Subject } from './subject.ts';
import { readVex } from './vex/vex.ts';

const bookworm = { id: 'debian', version: '12', codename: 'bookworm' };

const deb = (name: string, version: string, source?: Subject['source']): Subject => ({
  kind: 'apt',
  name,
  version,
  source,
  distribution: bookworm,
});

const release = (status: string, fixed?: string, more: object = {}) => ({
  releases: {
    bookworm: { status, ...(fixed && { fixed_version: fixed }), urgency: 'not yet assigned', ...more },
  },
});

const tracker = debianTracker(
  'Debian tracker',
  Buffer.from(
    JSON.stringify({
      curl: {
        'CVE-2026-0001': release('resolved', '7.88.1-10+deb12u3'),
        'CVE-2026-0002': release('open', undefined, { nodsa: 'Minor issue', urgency: 'low' }),
        'CVE-2026-0003': release('resolved', '0'),
        'CVE-2026-0004': release('open', undefined, { urgency: 'unimportant' }),
        'CVE-2026-0005': release('undetermined'),
      },
      '7zip': { 'CVE-2026-0010': release('resolved', '22.01+really21.07+dfsg-2') },
      vim: { 'CVE-2026-0020': release('resolved', '2:9.0.1378-2+deb12u1') },
      kernel: { 'CVE-2026-0030': release('resolved', '6.1.99-1~bpo12+1') },
    }),
  ),
);

const osv = osvFeed(
  'OSV',
  [
    osvRecord({
      id: 'DEBIAN-CVE-2026-0001',
      upstream: ['CVE-2026-0001'],
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: 'curl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '8.4.0-1' }] }],
        },
      ],
    }),
    osvRecord({
      id: 'DSA-1-1',
      upstream: ['CVE-2026-0006'],
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: 'curl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '7.88.1-10+deb12u9' }] }],
        },
      ],
    }),
    osvRecord({
      id: 'GHSA-aaaa-bbbb-cccc',
      aliases: ['CVE-2026-0040'],
      database_specific: { severity: 'HIGH' },
      affected: [
        {
          package: { ecosystem: 'PyPI', name: 'Flask_Thing' },
          ranges: [
            { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.2.5' }] },
            { type: 'ECOSYSTEM', events: [{ introduced: '2.0a1' }, { fixed: '2.0.1' }] },
          ],
        },
      ],
    }),
    osvRecord({
      id: 'GHSA-gone',
      withdrawn: '2026-01-01T00:00:00Z',
      affected: [{ package: { ecosystem: 'PyPI', name: 'flask-thing' }, versions: ['1.2.5'] }],
    }),
  ].flatMap(record => record ?? []),
);

const judge = { feeds: [tracker, osv], vex: [] };

const flawsOn = (subject: Subject) => advisoriesOn(subject, judge).map(({ flaw }) => flaw);

test('backports: what Debian fixed in its own version is fixed', () => {
  const curl = (version: string) => deb('libcurl4', version, { name: 'curl', version });
  // A range check against upstream's 8.4.0 would find both.
  expect(flawsOn(curl('7.88.1-10+deb12u2'))).toContain('CVE-2026-0001');
  expect(flawsOn(curl('7.88.1-10+deb12u3'))).not.toContain('CVE-2026-0001');
  expect(flawsOn(curl('7.88.1-10+deb12u12'))).not.toContain('CVE-2026-0001');
  // What the tracker does not know yet, another feed may.
  expect(flawsOn(curl('7.88.1-10+deb12u3'))).toContain('CVE-2026-0006');
});

test('an epoch, +really, ~bpo and a rebuild are read as dpkg reads them', () => {
  expect(flawsOn(deb('vim', '2:9.0.1378-2'))).toEqual(['CVE-2026-0020']);
  expect(flawsOn(deb('vim', '2:9.0.1378-2+deb12u1'))).toEqual([]);
  expect(flawsOn(deb('7zip', '22.01+dfsg-8'))).toEqual(['CVE-2026-0010']);
  expect(flawsOn(deb('7zip', '22.01+really21.07+dfsg-2'))).toEqual([]);
  expect(flawsOn(deb('kernel', '6.1.99-1~bpo11+1'))).toEqual(['CVE-2026-0030']);
  expect(flawsOn(deb('kernel', '6.1.99-1'))).toEqual([]);
  // A rebuild has a version that its source never had.
  expect(
    flawsOn(deb('libcurl4', '7.88.1-10+deb12u3+b2', { name: 'curl', version: '7.88.1-10+deb12u3' })),
  ).not.toContain('CVE-2026-0001');
  expect(flawsOn(deb('vim', '2:9.0.1378-2+b1'))).toEqual(['CVE-2026-0020']);
});

test('what the tracker says of weight is told, and unimportant is no finding', () => {
  const found = advisoriesOn(deb('curl', '7.88.1-10+deb12u3'), judge);
  expect(found.find(({ flaw }) => flaw === 'CVE-2026-0002')).toMatchObject({
    severity: { level: 'low', whose: 'Debian' },
    note: 'no DSA: Minor issue',
  });
  expect(found.find(({ flaw }) => flaw === 'CVE-2026-0004')).toMatchObject({ unimportant: true });
  expect(found.map(({ flaw }) => flaw)).not.toContain('CVE-2026-0003');
});

test('feeds that differ are laid side by side', () => {
  const [first] = advisoriesOn(deb('curl', '7.88.1-10'), judge);
  expect(first).toMatchObject({
    flaw: 'CVE-2026-0001',
    severity: { level: 'critical', score: 9.8, whose: 'Debian' },
    fixedIn: '7.88.1-10+deb12u3',
    disagreement: 'Debian tracker: fixed in 7.88.1-10+deb12u3; OSV: fixed in 8.4.0-1',
  });
});

test('a language: names in any spelling, several ranges, pre-releases, what was withdrawn', () => {
  const flask = (version: string): Subject => ({ kind: 'pypi', name: 'flask.thing', version });
  const states = ['1.2.4', '1.2.5', '2.0.dev1', '2.0b1', '2.0', '2.0.1'].map(
    version => flawsOn(flask(version)).length,
  );
  expect(states).toEqual([1, 0, 0, 1, 1, 0]);
  expect(advisoriesOn(flask('1.0'), judge)[0]).toMatchObject({
    flaw: 'CVE-2026-0040',
    ids: ['GHSA-aaaa-bbbb-cccc'],
    severity: { level: 'high', whose: 'GitHub' },
    fixedIn: '1.2.5',
  });
});

test('what a move closes, leaves and opens', () => {
  const from = [
    deb('libcurl4', '7.88.1-10', { name: 'curl', version: '7.88.1-10' }),
    deb('vim', '2:9.0.1378-2+deb12u1'),
  ];
  const to = [
    deb('libcurl4', '7.88.1-10+deb12u3', { name: 'curl', version: '7.88.1-10+deb12u3' }),
    deb('vim', '2:9.0.1378-2'),
  ];
  const effect = advisoriesOfMove(from, to, judge);
  expect(effect.closed.map(({ flaw }) => flaw)).toEqual(['CVE-2026-0001']);
  expect(effect.left.map(({ flaw }) => flaw)).toEqual(['CVE-2026-0002', 'CVE-2026-0006']);
  expect(effect.opened.map(({ flaw }) => flaw)).toEqual(['CVE-2026-0020']);
});

test('a VEX statement closes or comments; the last one counts, for the packages that it names', () => {
  const statement = (status: string, timestamp: string, product: string) => ({
    vulnerability: { name: 'CVE-2026-0020' },
    products: [{ '@id': product }],
    status,
    justification: 'vulnerable_code_not_in_execute_path',
    timestamp,
  });
  const openvex = (...statements: object[]) =>
    readVex(
      Buffer.from(JSON.stringify({ '@context': 'https://openvex.dev/ns/v0.2.0', statements })),
      'app.vex.json',
    );
  const cyclonedx = readVex(
    Buffer.from(
      JSON.stringify({
        bomFormat: 'CycloneDX',
        components: [{ 'bom-ref': 'a', purl: 'pkg:deb/debian/vim@2:9.0.1378-2?arch=amd64' }],
        vulnerabilities: [
          {
            id: 'CVE-2026-0020',
            analysis: { state: 'false_positive', detail: 'no' },
            affects: [{ ref: 'a' }],
          },
        ],
      }),
    ),
    'bom.json',
  );
  const vim = deb('vim', '2:9.0.1378-2');
  const state = (vex: ReturnType<typeof readVex>) => advisoriesOn(vim, { ...judge, vex })[0]?.state;
  const any = 'pkg:deb/debian/vim';
  expect(state(openvex(statement('not_affected', '2026-01-01T00:00:00Z', any)))).toBe('closed');
  expect(state(openvex(statement('not_affected', '2026-01-01T00:00:00Z', `${any}@1.0`)))).toBe('open');
  expect(state(openvex(statement('not_affected', '2026-01-01T00:00:00Z', 'pkg:deb/debian/curl')))).toBe(
    'open',
  );
  expect(state(openvex(statement('not_affected', '2026-01-01T00:00:00Z', 'pkg:oci/app')))).toBe('closed');
  expect(
    state(
      openvex(
        statement('affected', '2026-02-01T00:00:00Z', any),
        statement('not_affected', '2026-01-01T00:00:00Z', any),
      ),
    ),
  ).toBe('open');
  expect(state(cyclonedx)).toBe('closed');
  expect(() => readVex(Buffer.from('{}'), 'x')).toThrow('VEX');
});
