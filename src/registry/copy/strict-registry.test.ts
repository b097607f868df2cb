// What the distribution specification 1.1 asks of clients, held against a registry that lets nothing pass.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StrictRegistry, type StrictOptions } from '../../../testkit/registry/index.ts';
import type { RegistryOptions } from '../index.ts';
import { openCopier, type Copier } from '../testing/copying.ts';
import { LayoutWriter } from '../testing/layout-writer.ts';

let root: string;
let layout: LayoutWriter;
let image: { mediaType: string; digest: string; size: number };
let other: typeof image;
let large: typeof image;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-strict-test-'));
  layout = await LayoutWriter.begin(join(root, 'images'));
  image = await layout.image(['one', 'two']);
  other = await layout.image(['other'], { architecture: 'arm64' });
  await layout.name('app', image);
  await layout.name('multi', await layout.index([image, other]));
  await layout.name('sha512', await layout.image(['long'], { algorithm: 'sha512' }));
  const deep = await layout.image(['deep'], { algorithm: 'sha512', architecture: 's390x' });
  const far = await layout.blob(await readBlob(deep.digest), deep.mediaType, 'sha512');
  await layout.name('sha512-index', await layout.index([far]));
  large = await layout.image([randomBytes(10_000_000).toString('hex')], { compression: 'none' });
  await layout.name('large', large);
  // Signed as cosign did it at first, by a tag; and as the specification has it since 1.1, by a subject.
  const signature = await layout.artifact('application/vnd.dev.cosign.artifact.sig.v1+json', ['signed']);
  await layout.name(`sha256-${image.digest.slice(7)}.sig`, signature);
  const sbom = await layout.artifact('application/spdx+json', ['{"packages":[]}'], image);
  const aboutSbom = await layout.artifact('application/vnd.example.signature', ['sure'], sbom);
  await layout.name(`sha256-${image.digest.slice(7)}`, await layout.index([sbom]));
  await layout.name(`sha256-${sbom.digest.slice(7)}`, await layout.index([aboutSbom]));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function readBlob(digest: string): Promise<Buffer> {
  return readFile(join(layout.directory, 'blobs', ...digest.split(':')));
}

const closing: (() => Promise<void>)[] = [];
let copier: Copier;
beforeEach(async () => {
  copier = await openCopier();
  closing.push(() => copier.close());
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const start = async (options?: StrictOptions) => {
  const registry = await StrictRegistry.start(options);
  closing.push(() => registry.close());
  return registry;
};
const withOptions = async (options: Partial<RegistryOptions>) => {
  const opened = await openCopier(options);
  closing.push(() => opened.close());
  return opened;
};
const from = (tag: string) => `oci:${join(root, 'images')}:${tag}`;

describe('pushing', () => {
  test('all that a manifest names comes before it, locations are used as given', async () => {
    const registry = await start();
    await copier.copy(from('multi'), `docker://${registry.domain}/team/app:1`);
    const { tags, manifests, blobs } = registry.repository('team/app');
    expect([tags.size >= 1, manifests.has(image.digest), manifests.has(other.digest)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(blobs.size).toBeGreaterThanOrEqual(5);
    expect(registry.violations).toEqual([]);
  });

  test('sha512 digests of blobs and manifests are kept', async () => {
    const [registry, next] = [await start(), await start()];
    for (const tag of ['sha512', 'sha512-index']) {
      const report = await copier.copy(from(tag), `docker://${registry.domain}/team/${tag}:1`);
      const there = `docker://${next.domain}/team/${tag}:1`;
      expect(await copier.copy(`docker://${registry.domain}/team/${tag}:1`, there)).toMatchObject({
        digest: report.digest,
      });
      expect(await copier.copy(there, `oci:${join(root, tag)}`)).toMatchObject({ digest: report.digest });
      expect([...next.repository(`team/${tag}`).blobs.keys()].some(key => key.startsWith('sha512:'))).toBe(
        true,
      );
    }
    expect(next.repository('team/sha512-index').manifests.size).toBe(2);
    expect([...registry.violations, ...next.violations]).toEqual([]);
  });

  test('in chunks, where a whole blob is refused, none smaller than the registry wants', async () => {
    const smallestChunk = 9_000_000;
    const registry = await start({ wholeLimit: 1_000_000, smallestChunk });
    await copier.copy(from('large'), `docker://${registry.domain}/team/large:1`);
    expect(registry.requests.filter(line => line.startsWith('PATCH'))).toHaveLength(3);
    expect(registry.violations).toEqual([]);
  });

  test('blobs are mounted within the registry, and sent where it does not mount', async () => {
    for (const mount of [true, false]) {
      const registry = await start({ mount });
      await copier.copy(from('app'), `docker://${registry.domain}/one:1`, { attachments: false });
      const copied = await copier.copy(
        `docker://${registry.domain}/one:1`,
        `docker://${registry.domain}/two:1`,
        {
          attachments: false,
        },
      );
      expect(copied.blobs).toMatchObject(mount ? { mounted: 3, copied: 0 } : { mounted: 0, copied: 3 });
      expect(registry.violations).toEqual([]);
    }
  });

  test('an index without its images goes where that is allowed', async () => {
    const registry = await start({ sparse: true });
    await copier.copy(from('multi'), `docker://${registry.domain}/app:1`, {
      selection: { kind: 'index-only' },
      attachments: false,
    });
    expect(registry.repository('app').manifests.size).toBe(1);
    const strict = await start();
    const refused = copier.copy(from('multi'), `docker://${strict.domain}/app:1`, {
      selection: { kind: 'index-only' },
      attachments: false,
    });
    await expect(refused).rejects.toMatchObject({ exit: 5 });
  });
});

describe('what refers to an image goes with it', () => {
  test.each([
    ['from a list kept under a tag to the registry’s own', true],
    ['from one list kept under a tag to another', false],
  ])('%s', async (_, referrers) => {
    const registry = await start({ referrers, pageSize: 1 });
    const there = `docker://${registry.domain}/team/app:1`;
    expect(await copier.copy(from('app'), there)).toMatchObject({ attachments: 3 });
    const { tags, manifests } = registry.repository('team/app');
    const list = `sha256-${image.digest.slice(7)}`;
    expect(tags.has(`${list}.sig`)).toBe(true);
    expect(tags.has(list)).toBe(!referrers);
    expect(manifests.size).toBeGreaterThanOrEqual(4);
    // And on, to a registry of the other kind, and to a layout.
    const next = await start({ referrers: !referrers });
    expect(await copier.copy(there, `docker://${next.domain}/app:1`)).toMatchObject({ attachments: 3 });
    expect(next.repository('app').tags.has(list)).toBe(referrers);
    const back = `oci:${join(root, `back-${referrers}`)}`;
    expect(await copier.copy(there, back)).toMatchObject({ attachments: 3 });
    expect(await copier.copy(`${back}:latest`, `docker://${next.domain}/again:1`)).toMatchObject({
      attachments: 3,
    });
    expect([...registry.violations, ...next.violations]).toEqual([]);
  });

  test('a signature that came later is copied by the next copy', async () => {
    const [one, two] = [await start(), await start()];
    const [source, target] = [`docker://${one.domain}/app:1`, `docker://${two.domain}/app:1`];
    await copier.copy(from('app'), source, { attachments: false });
    expect(await copier.copy(source, target)).toMatchObject({ attachments: 0 });
    await copier.copy(from('app'), source);
    expect(await copier.copy(source, target)).toMatchObject({ attachments: 3, manifests: 0 });
    expect(two.repository('app').tags.has(`sha256-${image.digest.slice(7)}.sig`)).toBe(true);
  });

  test('unless they are left behind, which is said where they cannot be held', async () => {
    const registry = await start();
    await copier.copy(from('app'), `docker://${registry.domain}/app:1`, { attachments: false });
    expect(registry.repository('app').manifests.size).toBe(1);
    const notes: string[] = [];
    await copier.copy(from('app'), `dir:${join(root, 'dir')}`, {
      onEvent: event => event.type === 'note' && notes.push(event.text),
    });
    expect(notes).toEqual([expect.stringContaining('left behind: 3')]);
  });
});

describe('what registries say', () => {
  test('pages of tags are followed to their end', async () => {
    const registry = await start({ pageSize: 7 });
    const { tags } = registry.repository('many');
    for (let n = 100; n < 130; n++) tags.set(`v${n}`, image.digest);
    const found: string[] = [];
    for await (const tag of copier.client.tags({ domain: registry.domain, path: 'many' })) found.push(tag);
    expect(found).toEqual([...tags.keys()]);
    expect(registry.requests.filter(line => line.includes('tags/list'))).toHaveLength(5);
  });

  test('a warning is told once', async () => {
    const registry = await start({ warning: 'this registry closes in May' });
    const warnings: string[] = [];
    const listening = await withOptions({ onWarning: text => warnings.push(text) });
    await listening.copy(from('app'), `docker://${registry.domain}/app:1`);
    expect(warnings).toEqual([`${registry.domain}: this registry closes in May`]);
  });

  test('Retry-After is obeyed', async () => {
    const asked = new Set<string>();
    const registry = await start({
      intercept(request, response) {
        const key = `${request.method} ${request.url?.replace(/\?.*/, '').replace(/uploads\/.*/, 'uploads/')}`;
        if (asked.has(key) || request.url === '/v2/') return false;
        asked.add(key);
        request.resume();
        response.writeHead(429, { 'retry-after': '7' }).end();
        return true;
      },
    });
    await copier.copy(from('app'), `docker://${registry.domain}/app:1`, { attachments: false });
    expect(new Set(copier.clock.slept)).toEqual(new Set([7000]));
    expect(copier.clock.slept.length).toBe(7);
    expect(registry.violations).toEqual([]);
  });

  test('a registry that asks for too long is not waited for', async () => {
    const registry = await start({
      intercept: (_, response) => Boolean(response.writeHead(429, { 'retry-after': '86400' }).end()),
    });
    const copying = copier.copy(from('app'), `docker://${registry.domain}/app:1`);
    await expect(copying).rejects.toMatchObject({ code: 'REGISTRY_RATE_LIMITED', exit: 5 });
    expect(copier.clock.slept).toEqual([]);
  });

  test.each([
    ['all', undefined],
    ['digests', 'REGISTRY_REFUSED'],
    ['none', 'REGISTRY_REFUSED'],
  ] as const)('deleting a tag where %s may be deleted', async (allowed, code) => {
    const registry = await start({ delete: allowed });
    await copier.copy(from('app'), `docker://${registry.domain}/app:1`, { attachments: false });
    const repository = copier.client.repository({ domain: registry.domain, path: 'app' });
    if (code === undefined) await repository.delete('1');
    else await expect(repository.delete('1')).rejects.toMatchObject({ code });
    expect(registry.repository('app').tags.has('1')).toBe(code !== undefined);
  });
});

describe('what is there already', () => {
  test.each([true, false])(
    'costs each side one request, and those for referrers, API %s',
    async referrers => {
      const [one, two] = [await start({ referrers }), await start({ referrers })];
      const [here, there] = [one, two].map(({ domain }) => `docker://${domain}/app:1`) as [string, string];
      for (const place of [here, there]) await copier.copy(from('large'), place);
      one.requests.length = two.requests.length = 0;
      // Nothing is remembered of the registries.
      const fresh = await withOptions({});
      expect(await fresh.copy(here, there)).toMatchObject({ digest: large.digest, manifests: 0, bytes: 0 });
      const tag = `/v2/app/manifests/${large.digest.replace(':', '-')}`;
      expect(two.requests).toEqual(['HEAD /v2/app/manifests/1']);
      expect(one.requests.toSorted()).toEqual(
        [
          'HEAD /v2/app/manifests/1',
          `GET /v2/app/referrers/${large.digest}`,
          ...['', '.sig', '.att', '.sbom'].map(ending => `GET ${tag}${ending}`),
        ].toSorted(),
      );
    },
  );
});
