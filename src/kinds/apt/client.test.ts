import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AptArchive, AptRoot, ArchiveKey, haveApt, type ArchiveServer } from '../../../testkit/apt/index.ts';
import { aptClientSettings } from './client.ts';

const options = {
  configPath: '/run/holdfast/apt.conf',
  caBundlePath: '/run/holdfast/ca.pem',
  replaying: false,
  locked: false,
  onlyRoot: false,
};

describe('aptClientSettings', () => {
  it('is one file and one variable, with a reason for each setting', () => {
    const { files, env } = aptClientSettings(options);
    expect(env).toEqual({ APT_CONFIG: '/run/holdfast/apt.conf' });
    expect(files.map(({ path }) => path)).toEqual(['/run/holdfast/apt.conf']);
    const lines = files[0]?.content.trimEnd().split('\n') ?? [];
    expect(lines.filter((_, index) => index % 2 === 0).every(line => line.startsWith('// '))).toBe(true);
  });

  it('lifts the checks of dates only while it replays', () => {
    const text = (replaying: boolean) => aptClientSettings({ ...options, replaying }).files[0]?.content;
    expect(text(false)).not.toMatch(/Valid-Until|Check-Date/);
    expect(text(true)).toMatch(/Check-Valid-Until "false";[^]*Check-Date "false";/);
  });

  it('keeps out what would end a value', () => {
    expect(() => aptClientSettings({ ...options, caBundlePath: '/a";\nx' })).toThrow(TypeError);
  });
});

const judge = haveApt();
if (!judge) console.log('skipped: the settings of apt before apt itself, which this machine does not have');

describe.skipIf(!judge)('the settings, read by apt', () => {
  let archive: AptArchive;
  let server: ArchiveServer;
  let root: AptRoot;

  beforeAll(async () => {
    archive = await AptArchive.create();
    server = await archive.serve();
    const sources = `Types: deb\nURIs: ${server.url}\nSuites: stable\nComponents: main\nSigned-By: @ROOT@/a.gpg\n`;
    root = await AptRoot.create(sources, { 'a.gpg': archive.key.gpg });
  });

  afterAll(async () => {
    await server.close();
    await root.remove();
  });

  /** Runs with our file as APT_CONFIG, which includes the root's own. */
  let more: { readonly locked?: boolean; readonly asOf?: Date } = {};
  async function run(replaying: boolean, command: string, ...args: readonly string[]) {
    const path = join(root.path, 'ours.conf');
    const { files } = aptClientSettings({
      ...options,
      configPath: path,
      replaying,
      ...more,
      imageAptConfig: join(root.path, 'apt.conf'),
    });
    for (const { path: file, content, mode } of files)
      await writeFile(file, content, { mode: mode ?? 0o644 });
    return root.run('env', [`APT_CONFIG=${path}`, command, ...args]);
  }

  it('are understood, and the image’s own file with them', async () => {
    const { output } = await run(true, 'apt-config', 'dump');
    for (const line of [
      'APT::Update::Error-Mode "any";',
      'Acquire::http::Pipeline-Depth "0";',
      'Acquire::https::CaInfo "/run/holdfast/ca.pem";',
      'Acquire::Check-Valid-Until "false";',
      `Dir "${root.path}/";`,
    ])
      expect(output).toContain(line);
  });

  it('make a failed index fail, and let an old one pass only in a replay', async () => {
    const date = new Date('2024-06-01T12:00:00Z');
    await archive.publish({ date, packages: [{ name: 'hello', version: '1' }] });
    server.fail(/InRelease|Release/, { kind: 'status', status: 503 });
    expect((await root.aptGet(['update'])).status).toBe(0);
    expect((await run(true, 'apt-get', 'update')).status).not.toBe(0);
    server.repair();
    await archive.publish({ date, validUntil: new Date('2024-06-08T12:00:00Z'), packages: [] });
    expect((await run(false, 'apt-get', 'update')).output).toContain('expired');
    expect(await run(true, 'apt-get', 'update')).toMatchObject({ status: 0 });
  });

  it('do not mind that a key expired after the lock’s date, and mind all else of a signature', async () => {
    const [created, signed] = [new Date('2020-01-01T00:00:00Z'), new Date('2020-06-01T00:00:00Z')];
    const key = await ArchiveKey.create({ created, lifetime: 366 * 24 * 3600 });
    const old = await AptArchive.create({ key });
    await old.publish({ date: signed, packages: [{ name: 'hello', version: '1' }] });
    const oldServer = await old.serve();
    const before = root;
    const sources = `Types: deb\nURIs: ${oldServer.url}\nSuites: stable\nComponents: main\nSigned-By: @ROOT@/a.gpg\n`;
    root = await AptRoot.create(sources, { 'a.gpg': key.gpg });
    try {
      const cases = [
        [{}, 100],
        [{ asOf: new Date('2020-05-31T00:00:00Z') }, 100],
        [{ asOf: new Date('2020-12-30T00:00:00Z') }, 0],
        [{ asOf: new Date('2021-01-03T00:00:00Z') }, 100],
        [{ locked: true, asOf: new Date('2020-05-31T00:00:00Z') }, 0],
      ] as const;
      for (const [given, status] of cases) {
        more = given;
        expect(await run(true, 'apt-get', 'update')).toMatchObject({ status });
      }
      // What was changed after it was signed is no more believed than before.
      const file = [...old.files.keys()].find(path => path.endsWith('/InRelease')) ?? '';
      const { bytes } = old.files.get(file) ?? { bytes: Buffer.alloc(0) };
      old.files.set(file, {
        bytes: Buffer.from(bytes.toString().replace('Suite:', 'Suita:')),
        modified: new Date(signed.getTime() + 1000),
      });
      expect((await run(true, 'apt-get', 'update')).status).toBe(100);
    } finally {
      more = {};
      await oldServer.close();
      await root.remove();
      root = before;
    }
  });
});
