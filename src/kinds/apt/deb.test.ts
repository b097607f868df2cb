import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildDeb, type PackageSpec } from '../../../testkit/apt/index.ts';
import { collected } from './decompress.ts';
import { readDeb } from './deb.ts';

const date = new Date('2024-06-01T12:00:00Z');
const files = { '/usr/share/large': 'large '.repeat(200_000) };
const build = (spec: Partial<PackageSpec> = {}): Buffer =>
  buildDeb({ name: 'hello', version: '1:1.0-1', files, ...spec }, date).bytes;

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const dataOf = async (bytes: Buffer): Promise<Buffer> =>
  collected((await readDeb(bytes, 'hello.deb')).dataTar, Infinity);

describe('readDeb', () => {
  it.each(['none', 'gz', 'xz', 'zst'] as const)('reads a package compressed with %s', async compression => {
    const bytes = build({ compression });
    const deb = await readDeb(inPieces(bytes, 1009), 'hello.deb');
    expect(deb.control.get('Version')).toBe('1:1.0-1');
    expect(deb.controlTar.toString('latin1')).toContain('Package: hello');
    expect(
      (await collected(deb.dataTar, Infinity)).equals(await dataOf(build({ compression: 'none' }))),
    ).toBe(true);
  });

  it('says that a package is cut short, wherever that is', async () => {
    for (const compression of ['none', 'gz', 'xz', 'zst'] as const) {
      const bytes = build({ compression });
      for (const length of [0, 5, 40, 100, 400, bytes.length - 600, bytes.length - 2])
        await expect(dataOf(bytes.subarray(0, Math.max(length, 0)))).rejects.toThrow(
          expect.objectContaining({
            exit: 4,
            code: expect.stringMatching(/^APT_DEB_(TRUNCATED|MALFORMED)$/),
          }),
        );
    }
  });

  it.each(['gz', 'xz', 'zst'] as const)('notices damage inside of the %s data', async compression => {
    const bytes = build({ compression });
    const at = bytes.indexOf('data.tar') + 60;
    bytes.fill(0xff, at + 10, at + 20);
    await expect(dataOf(bytes)).rejects.toThrow(expect.objectContaining({ code: 'APT_DEB_MALFORMED' }));
  });

  it('can be left early without blocking the next one', async () => {
    for (let round = 0; round < 3; round++) {
      const { dataTar } = await readDeb(inPieces(build(), 1 << 16), 'hello.deb');
      for await (const chunk of dataTar) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    }
    expect((await dataOf(build())).byteLength).toBeGreaterThan(1_000_000);
  });

  it('reads several at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, async () => dataOf(build())));
    expect(new Set(all.map(bytes => bytes.length)).size).toBe(1);
  });

  it('refuses what is no package', async () => {
    for (const text of ['<html></html>', '!<arch>\n', `!<arch>\n${'x'.repeat(60)}`])
      await expect(readDeb(Buffer.from(text), 'x.deb')).rejects.toThrow(expect.objectContaining({ exit: 4 }));
    const old = Buffer.from(build().toString('latin1').replace('2.0\n', '3.0\n'), 'latin1');
    await expect(readDeb(old, 'x.deb')).rejects.toThrow(/format version 2/);
    const bzip = Buffer.from(
      build().toString('latin1').replace('control.tar.xz ', 'control.tar.bz2'),
      'latin1',
    );
    await expect(readDeb(bzip, 'x.deb')).rejects.toThrow(
      expect.objectContaining({ code: 'APT_DEB_COMPRESSION' }),
    );
  });

  it('passes over members that begin with an underscore, and GNU’s slashes', async () => {
    const bytes = build({ compression: 'none' });
    const header = `${'_extra/'.padEnd(48)}${'3'.padEnd(10)}\`\nabc\n`;
    const at = bytes.indexOf('control.tar');
    const more = Buffer.concat([bytes.subarray(0, at), Buffer.from(header), bytes.subarray(at)]);
    const slashed = Buffer.from(more.toString('latin1').replace('control.tar ', 'control.tar/'), 'latin1');
    expect((await readDeb(slashed, 'x.deb')).control.get('Package')).toBe('hello');
  });
});

const dpkgDeb = spawnSync('dpkg-deb', ['--version']).status === 0;
if (!dpkgDeb) console.log('skipped: reading what dpkg-deb builds, which this machine does not have');

describe.skipIf(!dpkgDeb)('what dpkg-deb builds', () => {
  it.each(['none', 'gzip', 'xz', 'zstd'])('is read the same, with -Z%s', async compression => {
    const directory = await mkdtemp(join(tmpdir(), 'deb-test-'));
    try {
      await mkdir(join(directory, 'root/DEBIAN'), { recursive: true });
      await writeFile(
        join(directory, 'root/DEBIAN/control'),
        'Package: built\nVersion: 1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: a\n b\n',
      );
      await writeFile(join(directory, 'root/file'), 'content\n'.repeat(50_000));
      const path = join(directory, 'built.deb');
      execFileSync('dpkg-deb', [
        `-Z${compression}`,
        '--root-owner-group',
        '--build',
        join(directory, 'root'),
        path,
      ]);
      const deb = await readDeb(await readFile(path), 'built.deb');
      expect(deb.control.get('Description')).toBe('a\nb');
      const expected = execFileSync('dpkg-deb', ['--fsys-tarfile', path], { maxBuffer: 1 << 26 });
      expect((await collected(deb.dataTar, Infinity)).equals(expected)).toBe(true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
