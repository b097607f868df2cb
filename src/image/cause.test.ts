import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { likelyCause } from './cause.ts';

const noise = (seed: number) =>
  Buffer.from(Array.from({ length: 64 }, (_, at) => (at * 37 + seed * 101 + at * at * seed) & 255));
const timed = (time: number) =>
  Buffer.concat([noise(1), Buffer.from(new Uint32Array([time]).buffer), noise(2)]);

test.each<[string, string, (string | Buffer)?, (string | Buffer)?]>([
  ['log', 'var/log/app.txt'],
  ['log', 'opt/x/install.log'],
  ['cache', 'var/cache/fontconfig/abc.cache-8'],
  ['key material', 'etc/ssh/ssh_host_rsa_key.pub'],
  ['key material', 'etc/ssl/certs/java/cacerts'],
  ['key material', 'opt/server', '-----BEGIN EC PRIVATE KEY-----\na', '-----BEGIN EC PRIVATE KEY-----\nb'],
  ['machine id', 'etc/machine-id'],
  ['database', 'var/lib/postgresql/15/main/global/pg_control'],
  ['key material', 'etc/munge/munge.key'],
  ['key material', 'var/lib/rabbitmq/.erlang.cookie'],
  ['key material', 'etc/varnish/secret'],
  ['key material', 'etc/tripwire/tw.pol'],
  ['database', 'var/lib/rkhunter/db/rkhunter.dat'],
  ['key material', 'etc/dbconfig-common/cacti.conf'],
  ['key material', 'var/lib/ucf/cache/:etc:phpmyadmin:config-db.php'],
  ['machine id', 'etc/iscsi/initiatorname.iscsi'],
  ['database', 'var/lib/mysql/sys/host_summary.frm'],
  ['database', 'etc/ldap/slapd.d/cn=config.ldif'],
  ['memory dump', 'var/lib/texmf/web2c/pdftex/pdftex.fmt'],
  ['host name', 'etc/postfix/main.cf'],
  ['unknown', 'usr/bin/thing'],
  ['unknown', 'usr/bin/thing', 'same', 'same'],
  ['clock', 'opt/a', 'built 2026-11-23T10:00:00Z\n', 'built 2026-11-24T11:02:03.5Z\n'],
  ['clock', 'opt/a', 'built Mon Nov 23 19:35:53 UTC 2026', 'built Tue Nov 24 09:05:03 UTC 2026'],
  ['clock', 'opt/a', 'Date: Mon, 23 Nov 2026 19:35:53 +0000', 'Date: Tue, 24 Nov 2026 09:35:53 +0000'],
  ['clock', 'opt/a', 'createTimestamp: 20261124033237Z', 'createTimestamp: 20261124033559.54Z'],
  ['clock', 'opt/a', '{"time":1795460799655}', '{"time":1795460812001}'],
  ['clock', 'opt/a', timed(1_795_460_799), timed(1_795_470_001)],
  [
    'clock',
    'opt/a.gz',
    Buffer.from('1f8b080001020304000341', 'hex'),
    Buffer.from('1f8b080009000304000341', 'hex'),
  ],
  ['random', 'opt/a', 'id=5f0c954b-0d8f-4f3a-8b35-4a6cbb7aa001', 'id=9b2ff3d1-51f7-4c8d-9d0e-7d1f0f3b9c55'],
  ['random', 'opt/a', 'token c3VwZXJzZWNyZXR0b2tlbjEyMw==', 'token YW5vdGhlcnNlY3JldHRva2VuNDU2Nw=='],
  ['random', 'opt/a', noise(3), noise(8)],
  [
    'unknown',
    'var/lib/dpkg/info/a.md5sums',
    '5f0c954b0d8f4f3a8b354a6cbb7aa001  usr/bin/a',
    '9b2ff3d151f74c8d9d0e7d1f0f3b9c55  usr/bin/a',
  ],
  ['order', 'opt/a', 'a\nb\nc\n', 'c\na\nb\n'],
  ['order', 'opt/a', Buffer.from([0, 1, 2, 3, 255]), Buffer.from([0, 3, 2, 1, 255])],
  ['temporary path', 'opt/a', 'from /tmp/build.x1Yz/src', 'from /tmp/build.k9Qw/src'],
  ['unknown', 'opt/a', 'version one', 'version two'],
])('%s: %s', (cause, path, a, b) => {
  expect(
    likelyCause(
      path,
      a === undefined ? undefined : Buffer.from(a as string),
      b === undefined ? undefined : Buffer.from(b as string),
    ),
  ).toBe(cause);
});

test('any bytes have a cause', () => {
  for (let at = 0; at < 50; at++)
    expect(likelyCause('x', randomBytes(at), randomBytes(at))).toBeTypeOf('string');
});
