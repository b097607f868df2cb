import { createHash } from 'node:crypto';
import { lstatSync, renameSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { canBeRoot, snapshot, temporaryDirectory } from '../filesystem/testing.ts';
import { collect, tarEntries, tarFile, tarNode } from '../tar/testing.ts';
import { sourceDate, Workbench, written } from './testing.ts';
import { writeLayer } from './write-layer.ts';

const isRoot = canBeRoot('layer diff in overlay mounts');
const old = sourceDate - 1000;
const base = [
  tarNode('directory', 'etc', { mtime: old }),
  tarFile('etc/passwd', 'root:x:0:0\n', { mtime: old }),
  tarFile('etc/hosts', 'hosts\n', { mtime: old }),
  tarNode('directory', 'opt', { mtime: old }),
  tarFile('opt/big', 'x'.repeat(3_000_000), { mtime: old, mode: 0o755 }),
  tarNode('link', 'opt/twin', { target: 'opt/big' }),
  tarNode('symlink', 'opt/link', { target: 'big', mtime: old }),
  tarFile('opt/capable', 'cap', {
    mtime: old,
    xattrs: new Map([
      ['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')],
    ]),
  }),
  tarNode('directory', 'srv', { mtime: old }),
  tarFile('srv/one', '1', { mtime: old }),
  tarFile('srv/deep/two', '2', { mtime: old }),
];

/** What a script in a step above `base` gives; checks what holds for every layer. */
async function layerOf(script: string, options: Partial<Parameters<typeof written>[0]> = {}) {
  using dir = temporaryDirectory();
  const bench = new Workbench(dir.path);
  const lower = await bench.layer('lower', base);
  const upper = bench.step([lower], script);
  const result = await written({ upper, lower, ...options });
  await bench.extract('again', result.archive);
  expect(await snapshot(bench.at('again'))).toEqual(await snapshot(upper));
  const files = new Map(
    (await tarEntries(result.archive)).map(entry => [entry.header.path.toString(), entry]),
  );
  return { ...result, files };
}

describe.skipIf(!isRoot)('writeLayer', () => {
  test('a step that changes nothing gives the well-known empty layer', async () => {
    const { empty, entryCount, diffId, applied } = await layerOf(':');
    expect({ empty, entryCount, applied }).toEqual({ empty: true, entryCount: 0, applied: [] });
    expect(diffId).toBe('sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
  });

  test.each([
    ['opened for writing', 'exec 3<>opt/big; exec 3>&-'],
    [
      'copied up by a change and its reverse',
      'chmod 700 opt/big; chmod 755 opt/big; chown 1 etc/passwd; chown 0 etc/passwd',
    ],
    ['removed and written again alike', `rm etc/hosts; echo hosts > etc/hosts; touch -d @${old} etc/hosts`],
    ['a file made and removed', 'touch etc/x; rm etc/x; mkdir srv/y; rmdir srv/y'],
    ['a directory whose time alone changed', 'touch etc opt'],
    ['renamed to and fro', 'mv etc/hosts etc/h; mv etc/h etc/hosts'],
    ['touched to the same second', `touch -d @${old}.7 etc/hosts`],
    [
      'a directory made anew alike',
      `rm -r srv; mkdir -p srv/deep; printf 1 > srv/one; printf 2 > srv/deep/two; touch -d @${old} srv/one srv/deep/two`,
    ],
    ['a link written anew', `ln -sfn big opt/link; touch -h -d @${old} opt/link`],
    ['a host label', 'setfattr -n trusted.label -v x opt; setfattr -n trusted.label -v x etc/passwd'],
  ])('nothing is left of what lies as it was: %s', async (_what, script) => {
    expect((await layerOf(script)).listing).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ['new file', 'echo x > etc/new', ['etc/', 'etc/new']],
    [
      'content of equal size',
      `printf 'root:x:0:1\\n' > etc/passwd; touch -d @${old} etc/passwd`,
      ['etc/', 'etc/passwd'],
    ],
    ['mode', 'chmod 600 etc/passwd', ['etc/', 'etc/passwd']],
    ['setuid', 'chmod u+s opt/capable', ['opt/', 'opt/capable']],
    ['owner', 'chown -h 5 opt/link', ['opt/', 'opt/link -> big']],
    ['time', `touch -d @${old - 5} etc/hosts`, ['etc/', 'etc/hosts']],
    ['attribute set', 'setfattr -n user.k -v v etc/hosts', ['etc/', 'etc/hosts']],
    ['attribute removed', 'setfattr -x security.capability opt/capable', ['opt/', 'opt/capable']],
    ['link target', 'ln -sfn twin opt/link', ['opt/', 'opt/link -> twin']],
    ['mode of a directory', 'chmod 700 srv', ['srv/']],
    ['new empty directory', 'mkdir -p var/lib', ['var/', 'var/lib/']],
    ['removed file', 'rm etc/hosts', ['etc/', 'etc/.wh.hosts']],
    ['removed directory', 'rm -r srv', ['.wh.srv']],
    ['removed and never there', 'touch etc/a; rm etc/a etc/hosts', ['etc/', 'etc/.wh.hosts']],
    [
      'directory made anew',
      'rm -r srv; mkdir srv; touch srv/new',
      ['srv/', 'srv/.wh.deep', 'srv/.wh.one', 'srv/new'],
    ],
    [
      'deeper directory made anew',
      'rm -r srv; mkdir -p srv/deep; touch srv/deep/new',
      ['srv/', 'srv/.wh.one', 'srv/deep/', 'srv/deep/.wh.two', 'srv/deep/new'],
    ],
    [
      'file becomes directory',
      'rm etc/hosts; mkdir etc/hosts; touch etc/hosts/x',
      ['etc/', 'etc/hosts/', 'etc/hosts/x'],
    ],
    ['directory becomes file', 'rm -r srv; touch srv', ['srv']],
    ['directory becomes link', 'rm -r srv; ln -s opt srv', ['srv -> opt']],
    [
      'renamed directory',
      'mv srv rename',
      ['.wh.srv', 'rename/', 'rename/deep/', 'rename/deep/two', 'rename/one'],
    ],
    ['fifo, no socket', 'mkfifo etc/f', ['etc/', 'etc/f']],
    ['new name of an old file', 'ln etc/hosts etc/again', ['etc/', 'etc/again', 'etc/hosts -> etc/again']],
    ['order by bytes', 'mkdir a; touch a/b a-b a.b', ['a/', 'a-b', 'a.b', 'a/b']],
  ])('%s', async (_what, script, listing) => {
    expect((await layerOf(script)).listing).toEqual(listing);
  });

  test('times are whole seconds and never after the source date', async () => {
    const { files } = await layerOf(`touch new; touch -d @${old}.9999999 older; touch -d 1960-01-01 ancient`);
    expect(files.get('new')?.header.mtime).toBe(sourceDate);
    expect(files.get('older')?.header.mtime).toBe(old);
    expect(files.get('ancient')?.header.mtime).toBe(0);
  });

  test('a base newer than the source date is not touched', async () => {
    expect((await layerOf('exec 3<>opt/big; exec 3>&-', { sourceDate: old - 500 })).listing).toEqual([]);
  });

  test('owners, setuid, capabilities and user attributes are in the archive, labels of the host are not', async () => {
    const { files } = await layerOf(`
      mkdir -m 2755 d; touch d/f; chown 33:44 d/f; chmod 4755 d/f
      setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 d/f
      setfattr -n user.note -v yes d; setfattr -n trusted.label -v host d`);
    expect(files.get('d/f')?.header).toMatchObject({ uid: 33, gid: 44, mode: 0o4755 });
    expect([...(files.get('d/f')?.header.xattrs.keys() ?? [])]).toEqual(['security.capability']);
    expect([...(files.get('d')?.header.xattrs.keys() ?? [])]).toEqual(['user.note']);
    expect(files.get('d')?.header.mode).toBe(0o2755);
  });

  test('hard links: the first in order is the file', async () => {
    const { listing, files } = await layerOf('mkdir d; echo x > d/z; ln d/z d/a; ln d/z b');
    expect(listing).toEqual(['b', 'd/', 'd/a -> b', 'd/z -> b']);
    expect(files.get('b')?.content.toString()).toBe('x\n');
  });

  test('sockets are left out, and hide what they replaced', async () => {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const lower = await bench.layer('lower', base);
    const upper = await bench.layer('upper', [tarNode('directory', 'etc', { mtime: old })]);
    const servers = ['etc/hosts', 'etc/s'].map(path => createServer().listen(join(upper, path)));
    await Promise.all(servers.map(async server => new Promise(resolve => server.once('listening', resolve))));
    const { listing } = await written({ upper, lower });
    for (const server of servers) server.close();
    expect(listing).toEqual(['etc/', 'etc/.wh.hosts']);
  });

  test('without a lower everything is new and whiteouts mean nothing', async () => {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const upper = await bench.layer('upper', [...base, tarFile('.wh.nothing')]);
    const { listing } = await written({ upper });
    expect(listing).toContain('opt/twin -> opt/big');
    expect(listing.some(path => path.includes('.wh.'))).toBe(false);
    expect(listing).toHaveLength(12);
  });

  test('the root keeps the owner and mode that it has below', async () => {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const lower = await bench.layer('lower', [tarNode('directory', '.', { mode: 0o555, mtime: old })]);
    const upper = bench.step([lower], 'chmod 700 .; chown 5 .; touch x');
    expect((await written({ upper, lower })).listing).toEqual(['x']);
    expect(lstatSync(upper)).toMatchObject({ mode: 0o40555, uid: 0, mtimeMs: old * 1000 });
  });

  test('the blob unpacks to the diff ID, also after the directory was renamed', async () => {
    using dir = temporaryDirectory();
    const upper = await new Workbench(dir.path).layer('upper', base);
    const result = await writeLayer({ upper, sourceDate, rules: [] });
    renameSync(upper, `${upper}-renamed`);
    const plain = gunzipSync(await collect(result.blob(`${upper}-renamed`)));
    expect(result.diffId).toBe(`sha256:${createHash('sha256').update(plain).digest('hex')}`);
    expect(result.size).toBe(plain.length);
  });

  test('names that mark deletions cannot be stored', async () => {
    await expect(layerOf('touch etc/.wh.x')).rejects.toMatchObject({ code: 'LAYER_NAME_RESERVED', exit: 6 });
  });

  test('files that overlayfs stored as references are refused', async () => {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const lower = await bench.layer('lower', base);
    const upper = bench.step([lower], 'chmod 700 srv');
    bench.step([lower], `setfattr -n trusted.overlay.redirect -v /opt ${upper}/srv`);
    await expect(written({ upper, lower })).rejects.toMatchObject({ code: 'LAYER_OVERLAY_FEATURE', exit: 2 });
  });

  test("attributes whose names look like overlayfs' own say nothing", async () => {
    const names = ['user.my.overlay.opaque', 'user.my.overlay.redirect'];
    const { listing } = await layerOf(names.map(name => `setfattr -n ${name} -v y srv`).join('; '));
    expect(listing).toEqual(['srv/']);
  });

  test("overlayfs' attributes are off the directory afterwards", async () => {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const lower = await bench.layer('lower', base);
    const upper = bench.step(
      [lower],
      'rm -r srv; mkdir srv; touch srv/a; chmod 600 etc/passwd; mv etc/hosts opt/hosts',
    );
    await written({ upper, lower });
    expect(JSON.stringify(await snapshot(upper))).not.toContain('overlay');
  });
});

describe.skipIf(!isRoot)('what the sandbox laid under a step', () => {
  const injected = ['/etc/resolv.conf', '/run/holdfast', '/etc/hosts'];

  async function stepAbove(script: string) {
    using dir = temporaryDirectory();
    const bench = new Workbench(dir.path);
    const lower = await bench.layer('lower', base);
    const laid = await bench.layer('laid', [
      tarFile('etc/resolv.conf', 'nameserver 10.0.0.1\n'),
      tarFile('etc/hosts', 'generated\n'),
      tarFile('run/holdfast/ca.pem', 'pem'),
    ]);
    const upper = bench.step([laid, lower], script);
    return {
      ...(await written({ upper, lower, injected, injectedFrom: laid })),
      kept: await snapshot(upper),
    };
  }

  test.each([
    [
      'copied up with its metadata changed',
      'chown 1 etc/resolv.conf run/holdfast/ca.pem; chmod 700 run/holdfast etc/hosts',
    ],
    ['touched', 'touch etc/resolv.conf etc/hosts run/holdfast/ca.pem'],
    ['removed', 'rm etc/resolv.conf; rm -r run/holdfast'],
    ['emptied mount stubs', ': > etc/resolv.conf'],
    ['written as the real one is', 'echo hosts > etc/hosts'],
  ])('is no part of the layer: %s', async (_what, script) => {
    const { listing, kept } = await stepAbove(script);
    expect(listing).toEqual([]);
    expect(kept).toEqual({});
  });

  test('what a step writes there is the step‘s', async () => {
    const { listing } = await stepAbove(
      'echo mine > etc/resolv.conf; echo other > etc/hosts; echo x > run/log',
    );
    expect(listing).toEqual(['etc/', 'etc/hosts', 'etc/resolv.conf', 'run/', 'run/log']);
  });
});

test.skipIf(!isRoot)('the content of the upper directory is what was written', async () => {
  using dir = temporaryDirectory();
  const bench = new Workbench(dir.path);
  const lower = await bench.layer('lower', base);
  const upper = bench.step([lower], 'echo new > etc/hosts');
  await written({ upper, lower });
  expect(readFileSync(join(upper, 'etc/hosts'), 'utf8')).toBe('new\n');
  expect(lstatSync(join(upper, 'etc/hosts')).mtimeMs).toBe(sourceDate * 1000);
});
