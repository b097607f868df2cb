import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tarOf } from '../../testkit/tar.ts';
import { HoldfastError, sha256, usageError, type Digest } from '../core/index.ts';
import { inputsBySection, type Lock } from '../lock/index.ts';
import { Store } from '../store/index.ts';
import { refuseLostHolds, withHoldsNamed } from './held.ts';

const hold = { name: 'openssl', until: '2999-12-31', why: 'breaks us' };

const lock = (section: 'apt' | 'npm', version: string): Lock => ({
  version: 1,
  asOf: '2026-02-01T00:00:00Z',
  builds: [],
  inputs: inputsBySection([
    { section, line: { name: 'openssl', version, sha256: sha256(version).slice(7) } },
  ]),
});

const runtime = {} as Parameters<typeof refuseLostHolds>[4];

test('a held package of a distribution that a step takes in another version is an error', async () => {
  await refuseLostHolds([hold], lock('apt', '1'), lock('apt', '1'), [], runtime);
  await refuseLostHolds([hold], lock('npm', '1'), lock('npm', '2'), [], runtime);
  await expect(
    refuseLostHolds([hold], lock('apt', '1'), lock('apt', '2'), [], runtime),
  ).rejects.toMatchObject({
    code: 'UPDATE_HOLD_LOST',
    message: expect.stringContaining('held at 1 until 2999-12-31 (breaks us), and would be 2'),
  });
});

test('a step that fails is the fault of a hold only where it names what is held', () => {
  const failed = (line: string) =>
    new HoldfastError(6, 'STEP_FAILED', 'the step failed', { next: 'Mend it.', details: [line] });
  expect(withHoldsNamed(failed('app : Depends: openssl (= 2)'), [hold])).toMatchObject({
    code: 'UPDATE_HOLD_UNSATISFIABLE',
    exit: 6,
    details: ['app : Depends: openssl (= 2)', 'held until 2999-12-31: openssl: breaks us'],
  });
  for (const other of [failed('no space left'), usageError('OTHER', 'openssl', { next: 'No.' })])
    expect(withHoldsNamed(other, [hold])).toBe(other);
});

/** An image in the store in which dpkg has the package in a version. */
async function imageWith(version: string, store: Store): Promise<Digest> {
  const status = `Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`;
  const layer = tarOf([{ path: 'var/lib/dpkg/status', content: Buffer.from(status) }]);
  const type = (name: string) => `application/vnd.oci.image.${name}`;
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
  };
  const put = async (mediaType: string, content: string | Buffer) => {
    const { digest, size } = await store.put(content);
    return { mediaType, digest, size };
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config: await put(type('config.v1+json'), JSON.stringify(config)),
    layers: [await put(type('layer.v1.tar'), layer)],
  };
  return (await store.put(JSON.stringify(manifest))).digest;
}

test('so is one that came with the base image, which moved', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-held-'));
  try {
    const store = await Store.open(root);
    const held = async (from: string, to: string) => {
      const [old, now] = [await imageWith(from, store), await imageWith(to, store)];
      const pair = { old: { entry: { image: old } }, now: { entry: { image: now } } };
      const none = lock('npm', '1');
      type Builds = Parameters<typeof refuseLostHolds>[3];
      await refuseLostHolds([hold], none, none, [pair] as unknown as Builds, { ...runtime, store });
    };
    await held('1', '1');
    await expect(held('1', '99')).rejects.toMatchObject({
      code: 'UPDATE_HOLD_LOST',
      message: expect.stringContaining('would be 99: it came with the base image'),
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
