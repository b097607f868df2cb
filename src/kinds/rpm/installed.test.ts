import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootOfFiles } from '../root-files.ts';
import { installedPackages } from './installed.ts';

const root = (files: Readonly<Record<string, Buffer>>) => rootOfFiles(new Map(Object.entries(files)));
const sqlite = 'var/lib/rpm/rpmdb.sqlite';

/** A header as databases keep it: numbers and texts by their tags. */
function header(values: Readonly<Record<number, string | number>>): Buffer {
  const entries: Buffer[] = [];
  const store: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of Object.entries(values)) {
    const bytes = typeof value === 'number' ? Buffer.alloc(4) : Buffer.from(`${value}\0`);
    if (typeof value === 'number') bytes.writeUInt32BE(value);
    const entry = Buffer.alloc(16);
    for (const [n, field] of [Number(tag), typeof value === 'number' ? 4 : 6, offset, 1].entries())
      entry.writeUInt32BE(field, 4 * n);
    entries.push(entry);
    store.push(bytes);
    offset += bytes.length;
  }
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(entries.length);
  lengths.writeUInt32BE(offset, 4);
  return Buffer.concat([lengths, ...entries, ...store]);
}

/** Little-endian numbers of four bytes each. */
const words = (...values: readonly number[]) => Buffer.from(Uint32Array.from(values).buffer);
const magic = (text: string) => Buffer.from(text).readUInt32LE();

/** A file of rpm's own kind with one page of slots. */
function ndb(headers: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(4096);
  for (let at = 0; at < 4096; at += 16) words(magic('Slot'), 0, 0, 0).copy(slots, at);
  words(magic('RpmP'), 0, 1, 1, headers.length + 1, 0, 0, 0).copy(slots);
  const blobs: Buffer[] = [];
  let block = 4096 / 16;
  for (const [n, bytes] of headers.entries()) {
    const index = n + 1;
    const tail = words(0, bytes.length, magic('BlbE'));
    const whole = Buffer.concat([words(magic('BlbS'), index, 0, bytes.length), bytes, tail]);
    const blob = Buffer.concat([whole, Buffer.alloc((16 - (whole.length % 16)) % 16)]);
    // Where a package was removed a slot is free.
    words(magic('Slot'), index, block, blob.length / 16).copy(slots, 32 + 32 * n);
    blobs.push(blob);
    block += blob.length / 16;
  }
  return Buffer.concat([slots, ...blobs]);
}

const kelp = { 1000: 'kelp', 1001: '1.2~rc1', 1002: '3.el9', 1003: 2, 1022: 'noarch' };
const key = { 1000: 'gpg-pubkey', 1001: '8483c65d', 1002: '5ccc5b19' };
const installedKelp = { name: 'kelp', version: '2:1.2~rc1-3.el9', fileVersion: '1.2~rc1-3.el9' };

describe("rpm's own database", () => {
  const from = 'usr/lib/sysimage/rpm/Packages.db';

  it('is read, without the keys that it holds', () => {
    const plain = { ...kelp, 1000: 'plain', 1003: 0 };
    const found = installedPackages(root({ [from]: ndb([header(kelp), header(key), header(plain)]) }));
    expect(found).toEqual([
      { ...installedKelp, architecture: 'noarch', from },
      { name: 'plain', version: '1.2~rc1-3.el9', fileVersion: '1.2~rc1-3.el9', architecture: 'noarch', from },
    ]);
  });

  it('that is damaged is an error', () => {
    const good = ndb([header(kelp)]);
    const changed = (at: number, value: number) => {
      const bytes = Buffer.from(good);
      bytes.writeUInt32LE(value, at);
      return bytes;
    };
    const damaged = [
      Buffer.alloc(5000),
      good.subarray(0, 4096 + 20),
      changed(32, 0),
      changed(40, 0xffffffff),
      changed(4096 + 12, 0xffffffff),
      changed(4096 + 16, 0xffffffff),
      ndb([header({ 1000: 'kelp' })]),
      ndb([header({ ...kelp, 1000: '../kelp' })]),
    ];
    for (const bytes of damaged)
      expect(() => installedPackages(root({ [from]: bytes }))).toThrow(
        expect.objectContaining({ code: 'RPM_DATABASE_MALFORMED', exit: 4 }),
      );
  });
});

const run = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
const lacking = ['rpm', 'rpmbuild'].find(program => run(program, '--version').status !== 0);
if (lacking) console.log(`skipped: ${lacking} is not installed`);

describe.skipIf(lacking)('a database that rpm wrote', () => {
  let directory: string;
  let database: Buffer;
  const rpm = (...args: readonly string[]) => run('rpm', '--dbpath', join(directory, 'db'), ...args);

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-rpm-test-'));
    // Some headers are larger than a page, and all together larger than what one page can point at.
    const parts = Array.from(
      { length: 40 },
      (_, n) =>
        `%package part${n}\nSummary: part\n${n % 7 === 0 ? 'Epoch: 3\n' : ''}%description part${n}\n${'kelp '.repeat(n * 60)}\n%files part${n}\n`,
    );
    const spec = `Name: kelp\nVersion: 1.2~rc1\nRelease: 3\nSummary: kelp\nLicense: MIT\nBuildArch: noarch\n%description\nkelp\n%files\n${parts.join('')}`;
    writeFileSync(join(directory, 'kelp.spec'), spec);
    run('rpmbuild', '-bb', '--define', `_topdir ${directory}`, join(directory, 'kelp.spec'));
    const files = Array.from({ length: 40 }, (_, n) =>
      join(directory, 'RPMS', 'noarch', `kelp-part${n}-1.2~rc1-3.noarch.rpm`),
    );
    const installed = rpm('-i', '--justdb', '--nodeps', '--nosignature', ...files);
    rpm('-e', '--justdb', 'kelp-part3', 'kelp-part30');
    database = readFileSync(join(directory, 'db', 'rpmdb.sqlite'));
    expect(database.length, installed.stderr).toBeGreaterThan(65_536);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('holds what rpm says it does', () => {
    const { stdout } = rpm('-qa', '--queryformat', '%{name} %{epochnum}:%{version}-%{release} %{arch}\n');
    const found = installedPackages(root({ [sqlite]: database })).map(
      ({ name, version, architecture }) =>
        `${name} ${version.includes(':') ? version : `0:${version}`} ${architecture}`,
    );
    expect(found).toHaveLength(38);
    expect(found.toSorted()).toEqual(stdout.trim().split('\n').toSorted());
  });

  it('is read with what its log adds to it', () => {
    // The log as SQLite leaves it where a program that wrote is killed: every page anew, under the header's salt.
    const size = database.readUInt16BE(16);
    const salt = Buffer.from('kelpkelp');
    const frame = (page: number, committed: number) => {
      const head = Buffer.alloc(24);
      head.writeUInt32BE(page);
      head.writeUInt32BE(committed, 4);
      salt.copy(head, 8);
      return Buffer.concat([head, database.subarray((page - 1) * size, page * size)]);
    };
    const head = Buffer.alloc(32);
    head.writeUInt32BE(0x377f0682);
    head.writeUInt32BE(size, 8);
    salt.copy(head, 16);
    const count = database.length / size;
    const frames = Array.from({ length: count }, (_, n) => frame(n + 1, n + 1 === count ? count : 0));
    const first = Buffer.concat([database.subarray(0, 100), Buffer.alloc(size - 100)]);
    const withLog = (...more: readonly Buffer[]) =>
      installedPackages(root({ [sqlite]: first, [`${sqlite}-wal`]: Buffer.concat([head, ...more]) }));
    expect(withLog(...frames)).toHaveLength(38);
    expect(() => withLog(...frames.slice(0, -1))).toThrow('page 1');
  });

  it('whatever byte of it is another is read or refused, and never for long', () => {
    let refused = 0;
    for (let at = 16; at < database.length; at += 997) {
      const bytes = Buffer.from(database);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      try {
        expect(installedPackages(root({ [sqlite]: bytes })).length).toBeLessThanOrEqual(40);
      } catch (error) {
        expect(error).toMatchObject({ code: 'RPM_DATABASE_MALFORMED' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('cut anywhere is an error, but for what lies behind its packages', () => {
    for (const length of [1, 99, 511, 4096, 8192, 20_000])
      expect(() => installedPackages(root({ [sqlite]: database.subarray(0, length) })), `${length}`).toThrow(
        expect.objectContaining({ code: 'RPM_DATABASE_MALFORMED' }),
      );
    expect(installedPackages(root({ [sqlite]: Buffer.alloc(0) }))).toEqual([]);
  });
});
