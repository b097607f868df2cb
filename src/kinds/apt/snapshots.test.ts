import { describe, expect, it } from 'vitest';
import { poolSnapshots } from './pool.ts';
import { parseRelease } from './release.ts';
import { archiveOfRelease, snapshotServices, type SnapshotServices } from './snapshots.ts';

const asOf = new Date('2024-06-01T12:00:00.123Z');
const services: SnapshotServices = {
  Debian: 'http://past.test/archive/debian',
  'Debian-Security': 'http://past.test/archive/debian-security/',
  Ubuntu: 'http://past.test/ubuntu',
};

describe('archiveOfRelease', () => {
  it.each([
    ['Debian', 'Debian', 'Debian'],
    ['Debian Backports', 'Debian Backports', 'Debian'],
    ['Debian', 'Debian-Security', 'Debian-Security'],
    ['Ubuntu', 'Ubuntu', 'Ubuntu'],
    ['Debian', 'Something', undefined],
    ['Example', 'Debian', undefined],
    ['UbuntuESM', 'UbuntuESM', undefined],
    ['', '', undefined],
  ])('knows %s, %s as %s', (origin, label, name) => {
    const text = `Origin: ${origin}\nLabel: ${label}\nDate: Sat, 01 Jun 2024 12:00:00 UTC\nSHA256:\n`;
    expect(archiveOfRelease(parseRelease(text, 'test'))).toBe(name);
  });
});

describe('poolSnapshots', () => {
  it.each([
    ['http://deb.test/debian/pool/main/h/hello/hello_1.0-1_amd64.deb', 'archive/debian'],
    ['https://deb.test/pub/linux/debian/pool/main/g/g%2b%2b/g%2b%2b_1_amd64.deb', 'archive/debian'],
    [
      'http://deb.test/debian-security/pool/updates/main/o/openssl/openssl_3_amd64.deb',
      'archive/debian-security',
    ],
    ['http://security.test/pool/updates/main/o/openssl/openssl_3.debian.tar.xz', 'archive/debian-security'],
    ['http://deb.test/ubuntu/pool/main/h/hello/hello_1.0.dsc', 'ubuntu'],
    ['http://ports.test/ubuntu-ports/pool/main/h/hello/hello_1.0_arm64.deb', 'ubuntu'],
    ['http://deb.test/debian/pool/main/h/hello/hello_1.0.orig.tar.gz.asc', 'archive/debian'],
  ])('finds %s in %s', (url, archive) => {
    const below = url.slice(url.indexOf('/pool/') + 1);
    expect(poolSnapshots(url, asOf, services)).toEqual([
      `http://past.test/${archive}/20240601T120000Z/${below}`,
      `http://past.test/${archive}/20240602T000000Z/${below}`,
    ]);
  });

  it.each([
    'http://deb.test/pool/main/h/hello/hello_1.0-1_amd64.deb',
    'http://deb.test/linux/debian/dists/stable/pool/stable/amd64/tool_1_amd64.deb',
    'http://deb.test/debian/dists/stable/InRelease',
    'http://deb.test/debian/pool/main/h/hello/README',
    'http://deb.test/debian/pool/%2e%2e%2fother/hello_1_all.deb',
    'http://deb.test/debian/pool/hello_1_all.deb?token=1',
    'http://past.test/archive/debian/20240101T000000Z/pool/main/h/hello/hello_1_all.deb',
    'not a URL',
  ])('knows of no other place for %s', url => {
    expect(poolSnapshots(url, asOf, services)).toEqual([]);
  });

  it('knows of none where the service is not configured', () => {
    expect(
      poolSnapshots('http://deb.test/ubuntu/pool/main/h/hello_1_all.deb', asOf, { Debian: 'x' }),
    ).toEqual([]);
  });

  it('asks public services over https', () => {
    for (const base of Object.values(snapshotServices)) expect(base).toMatch(/^https:\/\/[^/]+\/.*[^/]$/);
  });
});
