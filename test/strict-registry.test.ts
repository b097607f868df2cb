// The built program against a registry that refuses whatever the distribution specification 1.1 does not allow a client.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LayoutWriter } from '../src/registry/testing/layout-writer.ts';
import { StrictRegistry } from '../testkit/registry/index.ts';
import { holdfast } from './program.ts';

let root: string;
let image: { mediaType: string; digest: string; size: number };
let index: string;
const warning = 'this registry closes in May';
const started: StrictRegistry[] = [];
const start = async (...options: Parameters<typeof StrictRegistry.start>) => {
  const registry = await StrictRegistry.start(...options);
  started.push(registry);
  return registry;
};
const ran = (...args: string[]) => holdfast(args, { cwd: root, env: { HOME: root, XDG_RUNTIME_DIR: root } });
const succeed = async (...args: string[]) => {
  const result = await ran(...args);
  expect(result.exit, result.stderr).toBe(0);
  return result;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-strict-'));
  const layout = await LayoutWriter.begin(join(root, 'images'));
  image = await layout.image(['one', randomBytes(1_500_000).toString('hex')], { compression: 'none' });
  const arm = await layout.image(['arm'], { architecture: 'arm64' });
  const entry = (one: object, architecture: string) => ({ ...one, platform: { os: 'linux', architecture } });
  const both = await layout.index([entry(image, 'amd64'), entry(arm, 'arm64')]);
  index = both.digest;
  await layout.name('app', both);
  const sbom = await layout.artifact('application/spdx+json', ['{"packages":[]}'], image);
  await layout.name(`sha256-${image.digest.slice(7)}`, await layout.index([sbom]));
  const signature = await layout.artifact('application/vnd.dev.cosign.artifact.sig.v1+json', ['signed']);
  await layout.name(`sha256-${index.slice(7)}.sig`, signature);
});
afterAll(async () => {
  for (const registry of started) await registry.close();
  await rm(root, { recursive: true, force: true });
});

test('an index with what refers to it: in chunks, on to a registry of another kind, mounted, deleted', async () => {
  const one = await start({ wholeLimit: 1_000_000, smallestChunk: 1_000_000, pageSize: 2, warning });
  const there = `docker://${one.domain}/team/app:1`;
  const first = await succeed('copy', '--json', 'oci:images:app', there);
  expect(first.json).toMatchObject({ digest: index, manifests: 3, attachments: 2, blobs: { copied: 8 } });
  expect(first.stderr.match(new RegExp(warning, 'g'))).toHaveLength(1);
  expect(one.requests.some(line => line.startsWith('PATCH'))).toBe(true);

  const two = await start({ referrers: false });
  const on = await succeed('copy', '-q', '--json', there, `docker://${two.domain}/app:1`);
  expect(on.json).toMatchObject({ digest: index, attachments: 2 });
  expect([...two.repository('app').tags.keys()].toSorted()).toEqual(
    ['1', `sha256-${image.digest.slice(7)}`, `sha256-${index.slice(7)}.sig`].toSorted(),
  );
  expect(two.repository('app').manifests.size).toBe(one.repository('team/app').manifests.size + 1);

  const moved = await succeed('copy', '-q', '--json', there, `docker://${one.domain}/other/app:2`);
  expect(moved.json).toMatchObject({ digest: index, blobs: { mounted: 8, copied: 0 } });
  const tags = async () => (await succeed('tags', `${one.domain}/team/app`)).stdout.trim().split('\n');
  for (const name of ['2', '3', '4']) await succeed('copy', '-q', there, there.replace(/1$/, name));
  expect((await tags()).toSorted()).toEqual([...one.repository('team/app').tags.keys()].toSorted());
  expect(one.requests.filter(line => line.includes('team/app/tags/list'))).toHaveLength(3);
  await succeed('delete', `${one.domain}/team/app:3`);
  expect(await tags()).not.toContain('3');
  expect(await succeed('inspect', '--raw', there)).toMatchObject({ json: { schemaVersion: 2 } });
  await succeed('delete', `${one.domain}/team/app@${index}`);
  expect(await ran('inspect', there)).toMatchObject({ exit: 5 });
  expect([...one.violations, ...two.violations]).toEqual([]);
});

test('a platform of an index, and 429 with its Retry-After', async () => {
  let refusals = 0;
  const registry = await start({
    intercept(request, response) {
      if (request.method !== 'PUT' || refusals === 2) return false;
      refusals++;
      request.resume();
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    },
  });
  const there = `docker://${registry.domain}/app:1`;
  const copied = await succeed('copy', '--json', 'oci:images:app', there, '--platform=linux/amd64');
  expect(copied.json).toMatchObject({ digest: image.digest, manifests: 1 });
  expect(refusals).toBe(2);
  expect(registry.violations).toEqual([]);
});
