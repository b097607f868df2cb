// copy, sync, inspect, tags and delete as a user runs them, against real registries: a plain one, and one that asks
// for TLS by its own root and for a password.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noOpenssl, selfSigned } from '../src/registry/testing/certificates.ts';
import {
  htpasswd,
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { LayoutWriter } from '../src/registry/testing/layout-writer.ts';
import { holdfast, type RunResult } from './program.ts';

const run = promisify(execFile);
const missing = noDockerRegistry ?? noOpenssl;
if (missing) console.log(`skipped: ${missing}`);

let root: string;
let open: DockerRegistry;
let guarded: DockerRegistry;
let layout: LayoutWriter;
let digest: string;
let index: string;
const at = (name: string) => join(root, name);
const ran = (...args: string[]): Promise<RunResult> =>
  holdfast(args, { cwd: root, env: { HOME: at('home'), XDG_RUNTIME_DIR: at('home') } });
const succeed = async (...args: string[]) => {
  const result = await ran(...args);
  expect(result.exit, result.stderr).toBe(0);
  return result;
};

beforeAll(async () => {
  if (missing) return;
  root = await mkdtemp(join(tmpdir(), 'holdfast-registries-'));
  await mkdir(at('certs'));
  const { cert, key } = await selfSigned(root, ['IP:127.0.0.1']);
  await writeFile(at('certs/ca.crt'), await readFile(cert));
  [open, guarded] = await Promise.all([
    startDockerRegistry(),
    startDockerRegistry({ htpasswd, tls: { certificate: cert, key } }),
  ]);
  layout = await LayoutWriter.begin(at('images'));
  const image = await layout.image(['one', 'two']);
  const arm = await layout.image(['arm'], { architecture: 'arm64' });
  const entry = (one: object, architecture: string) => ({ ...one, platform: { os: 'linux', architecture } });
  const both = await layout.index([entry(image, 'amd64'), entry(arm, 'arm64')]);
  await layout.name('app', image);
  await layout.name('multi', both);
  [digest, index] = [image.digest, both.digest];
});
afterAll(async () => {
  if (missing) return;
  await Promise.all([open.stop(), guarded.stop()]);
  await rm(root, { recursive: true, force: true });
});

const secure = ['--dest-cert-dir', 'certs', '--dest-creds', 'kelp:forest'];

test.skipIf(missing)('copy: to a registry with a password and a root of its own, and back', async () => {
  const there = `docker://${guarded.domain}/team/app:1`;
  const copied = await succeed(
    'copy',
    'oci:images:multi',
    there,
    ...secure,
    '--digestfile',
    'digest',
    '--json',
  );
  expect(copied.json).toMatchObject({ digest: index, manifests: 3, blobs: { copied: 5 } });
  expect(await readFile(at('digest'), 'utf8')).toBe(index);
  expect(copied.stderr).toMatch(/\[[0-9a-f]{12}\] done .* copied/);
  const from = ['--src-tls-verify=false', '--src-creds=kelp:forest'];
  expect((await succeed('copy', '-q', there, `docker://${open.domain}/team/app:1`, ...from)).stdout).toBe(
    `${index}\n`,
  );
  const one = await succeed('copy', there, 'dir:one', ...from, '--platform', 'linux/amd64', '--quiet');
  expect(one).toMatchObject({ stdout: `${digest}\n`, stderr: '' });
  await writeFile(
    at('auth.json'),
    JSON.stringify({ auths: { [guarded.domain]: { auth: Buffer.from('kelp:forest').toString('base64') } } }),
  );
  const again = await succeed(
    'copy',
    '-q',
    'dir:one',
    there,
    '--dest-cert-dir=certs',
    '--authfile=auth.json',
  );
  expect(again.stdout).toBe(`${digest}\n`);
  await succeed('copy', '-q', '--all', 'oci:images:multi', there, ...secure);
});

test.skipIf(missing)('copy: what fails says so, and no password', async () => {
  const there = `docker://${guarded.domain}/team/app:2`;
  const untrusted = await ran('copy', 'oci:images:app', there, '--dest-creds', 'kelp:forest', '--json');
  expect(untrusted).toMatchObject({ exit: 5, json: { error: { code: 'REGISTRY_TLS' } } });
  const denied = await ran(
    'copy',
    'oci:images:app',
    there,
    '--dest-cert-dir=certs',
    '--dest-creds=kelp:tundra',
  );
  expect(denied).toMatchObject({ exit: 5, stdout: '', stderr: expect.stringContaining('REGISTRY_DENIED') });
  expect(denied.stderr).toContain('for the credentials in the command line');
  expect(denied.stderr).not.toContain('tundra');
  for (const [args, code] of [
    [['oci:images:app', 'nowhere:x'], 'TRANSPORT_INVALID'],
    [['oci:images:app', 'oci:x', '--format=oci', '--preserve-digests'], 'COPY_OPTIONS'],
    [['oci:images:multi', 'docker-archive:x.tar'], 'ARCHIVE_ONE_PLATFORM'],
    [['oci:images:app', 'dir:certs'], 'COPY_DIRECTORY'],
  ] as const)
    expect(await ran('copy', ...args, '--json')).toMatchObject({ exit: 2, json: { error: { code } } });
});

test.skipIf(missing)('inspect says what skopeo says; raw bytes are the registry’s', async () => {
  await succeed('copy', '-q', 'oci:images:app', `docker://${open.domain}/team/app:2`);
  const name = `${open.domain}/team/app:2`;
  const { stdout } = await run('skopeo', ['inspect', '--no-creds', '--tls-verify=false', `docker://${name}`]);
  const { DockerVersion: _, ...theirs } = JSON.parse(stdout) as Record<string, unknown>;
  const shown = await succeed('inspect', name);
  expect(shown.json).toMatchObject({ ...theirs, Env: [] });
  expect((await succeed('inspect', '--raw', name)).stdout).toBe(
    await readFile(at(`images/blobs/sha256/${digest.slice(7)}`), 'utf8'),
  );
  expect((await succeed('inspect', '--config', name)).json).toMatchObject({ architecture: 'amd64' });
  expect((await succeed('inspect', '-n', 'oci:images:multi')).json).toMatchObject({
    Digest: index,
    Platforms: ['linux/amd64', 'linux/arm64'],
  });
});

test.skipIf(missing)('inspect --identity: the same image elsewhere, and another one', async () => {
  await run('skopeo', ['--insecure-policy', 'copy', '-q', '--format', 'v2s2', 'oci:images:app', 'dir:v2'], {
    cwd: root,
  });
  const same = await succeed('inspect', '--identity', 'oci:images:app', 'dir:v2', '--json');
  expect(same.json).toMatchObject({ same: true, platforms: [{ platform: 'linux/amd64', same: true }] });
  const other = await ran('inspect', '--identity', 'oci:images:multi', 'dir:v2');
  expect(other).toMatchObject({ exit: 0, stdout: expect.stringContaining('is an index') });
  const onArm = ['--identity', '--platform', 'linux/arm64', 'oci:images:multi'];
  const arm = await ran('inspect', ...onArm, 'dir:v2', '--json');
  expect(arm).toMatchObject({ exit: 1, json: { same: false } });
  await succeed('copy', '-q', 'oci:images:multi', 'oci:arm', '--platform', 'linux/arm64');
  const picked = await succeed('inspect', ...onArm, 'oci:arm', '--json');
  expect(picked.json).toMatchObject({ same: true, reasons: ['it is the same manifest, byte for byte'] });
  expect(
    await ran('inspect', ...onArm, 'oci:images:multi', '--platform=linux/s390x', '--json'),
  ).toMatchObject({
    exit: 5,
    json: { error: { code: 'REGISTRY_NO_PLATFORM' } },
  });
  await layout.name('other', await layout.image(['one', 'changed']));
  const different = await ran('inspect', '--identity', 'oci:images:app', 'oci:images:other');
  expect(different.exit).toBe(1);
  expect(different.stdout).toMatch(/^not the same image\n[^]*layer 1 holds other files/);
});

test.skipIf(missing)(
  'sync: a list of skopeo’s kind, and one of references, what is there does not travel',
  async () => {
    for (const tag of ['1', '2', 'x3'])
      await succeed('copy', '-q', 'oci:images:app', `docker://${open.domain}/src/a:${tag}`);
    await succeed('copy', '-q', 'oci:images:multi', `docker://${open.domain}/src/b:1`);
    await writeFile(
      at('list.yaml'),
      `${open.domain}:\n  images:\n    src/b: []\n  images-by-tag-regex:\n    src/a: ^[0-9]+$\n`,
    );
    const there = `docker://${guarded.domain}/mirror`;
    const first = await succeed('sync', 'list.yaml', there, ...secure, '--json');
    expect((first.json as { images: object[] }).images).toHaveLength(3);
    const tags = async (name: string) =>
      (await succeed('tags', `${guarded.domain}/mirror/${name}`, '--cert-dir=certs', '--creds=kelp:forest'))
        .stdout;
    expect([(await tags('a')).split('\n').toSorted(), await tags('b')]).toEqual([['', '1', '2'], '1\n']);
    const second = await succeed('sync', 'list.yaml', there, ...secure);
    expect(second.stderr.match(/cached/g)).toHaveLength(3);
    await writeFile(
      at('list.txt'),
      `# comment\n${open.domain}/src/a:x3\n${open.domain}/gone:1 # not there\n`,
    );
    const going = await ran('sync', 'list.txt', 'oci:synced', '--keep-going', '--scoped', '--json');
    expect(going).toMatchObject({
      exit: 5,
      json: { error: { code: 'SYNC_FAILED', details: [expect.stringContaining('gone:1')] } },
    });
    const listing = await ran(
      'sync',
      `${open.domain}/gone`,
      'list.txt',
      'oci:synced2',
      '--keep-going',
      '--json',
    );
    expect(listing.json).toMatchObject({
      error: { details: [expect.stringContaining('/gone: '), expect.stringContaining('gone:1')] },
    });
    expect(await readFile(at('synced2/index.json'), 'utf8')).toContain('a:x3');
    const planned = await succeed('sync', `${open.domain}/src/a:1`, there, ...secure, '--dry-run');
    expect(planned.stdout).toBe(`docker://${open.domain}/src/a:1 would be copied to ${there}/a:1\n`);
    const named = await readFile(at('synced/index.json'), 'utf8');
    expect(named).toContain(`"${open.domain}/src/a:x3"`);
    const collision = await ran(
      'sync',
      `${open.domain}/src/a:1`,
      `${open.domain}/other/a:1`,
      'dir:x',
      '--dry-run',
      '--json',
    );
    expect(collision).toMatchObject({ exit: 2, json: { error: { code: 'SYNC_COLLISION' } } });
  },
);

test.skipIf(missing)('delete: a registry that knows digests alone says which one to type', async () => {
  const name = `${open.domain}/deleted`;
  await succeed('copy', '-q', 'oci:images:app', `docker://${name}:1`);
  expect(await ran('delete', `${name}:none`)).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining(`${name} has no tag none`),
  });
  const byTag = await ran('delete', `${name}:1`);
  expect(byTag).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining(`holdfast delete ${name}@${digest}`),
  });
  await succeed('delete', `${name}@${digest}`);
  expect(await ran('inspect', `${name}:1`)).toMatchObject({ exit: 5 });
});
