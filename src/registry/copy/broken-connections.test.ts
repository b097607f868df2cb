// A wire that breaks anywhere: what was under way goes on, and what arrives is right.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StrictRegistry, startCuttingProxy, type StrictOptions } from '../../../testkit/registry/index.ts';
import { sha256, usageError } from '../../core/index.ts';
import type { CopyOptions } from '../index.ts';
import { noDockerRegistry, startDockerRegistry } from '../testing/docker-registry.ts';
import { openCopier } from '../testing/copying.ts';
import { LayoutWriter } from '../testing/layout-writer.ts';

let root: string;
let digest: string;
let largeDigest: string;
let blobs: string[];
/** Text that does not compress, the same at each run. */
const noise = (seed: string, length: number) =>
  createHash('shake256', { outputLength: length }).update(seed).digest('base64');
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-broken-test-'));
  const layout = await LayoutWriter.begin(join(root, 'images'));
  const sizes = [10, 40_000, 5_000, 120_000, 70_000];
  const image = await layout.image(sizes.map((size, n) => noise(String(n), size)));
  digest = image.digest;
  await layout.name('app', image);
  blobs = (await readdir(join(root, 'images', 'blobs', 'sha256'))).map(hex => `sha256:${hex}`);
  const megabytes = [1, 2, 7].map((size, n) => noise(`large ${n}`, size * 2 ** 20));
  const large = await layout.image(megabytes, { compression: 'none' });
  largeDigest = large.digest;
  await layout.name('large', large);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const kept = <T extends { close(): Promise<void> }>(resource: T): T => {
  closing.push(() => resource.close());
  return resource;
};

/** Numbers below a limit that depend on the seed alone. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

test('200 connections cut at random bytes, downloads and uploads alike', async () => {
  const [one, two] = [kept(await StrictRegistry.start()), kept(await StrictRegistry.start())];
  const copier = kept(await openCopier());
  await copier.copy(`oci:${join(root, 'images')}:app`, `docker://${one.domain}/app:1`);
  const random = numbers(7);
  const [source, target] = [
    kept(await startCuttingProxy(one.port, () => random(90_000))),
    kept(await startCuttingProxy(two.port, () => random(90_000))),
  ];
  const cuts = () => source.cuts() + target.cuts();
  let copies = 0;
  for (; cuts() < 200; copies++) {
    const to = `docker://${target.domain}/app${copies}:1`;
    expect(await copier.copy(`docker://${source.domain}/app:1`, to)).toMatchObject({ digest });
    const arrived = two.repository(`app${copies}`);
    expect([...arrived.blobs.keys(), ...arrived.manifests.keys()].toSorted()).toEqual(blobs.toSorted());
  }
  expect(copies).toBeGreaterThan(5);
  expect([...one.violations, ...two.violations]).toEqual([]);
  // Uploads went on from where they were.
  expect(two.requests.some(line => line.startsWith('PATCH'))).toBe(true);
});

/** Answers for blobs that do not say how long they are: Node's parser cuts these to pieces itself. */
function withoutLength(registry: () => StrictRegistry): StrictOptions {
  return {
    intercept({ method, url = '', headers }, response) {
      const [, name = '', blob = ''] = /^\/v2\/(.+)\/blobs\/(sha256:.+)$/.exec(url) ?? [];
      const bytes = registry().repository(name).blobs.get(blob);
      if (method !== 'GET' || bytes === undefined) return false;
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      const range = { 'content-range': `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}` };
      response.writeHead(from > 0 ? 206 : 200, from > 0 ? range : {});
      response.end(bytes.subarray(from));
      return true;
    },
  };
}

test.each([
  ['of a told length', () => ({}), {}],
  ['of no told length', withoutLength, {}],
  ['sent in chunks', () => ({}), { wholeLimit: 1_000_000 }],
] as const)('70 connections cut in bodies of several MiB %s', async (_, sending, taking) => {
  const one: StrictRegistry = kept(await StrictRegistry.start(sending(() => one)));
  const two = kept(await StrictRegistry.start(taking));
  // No wait lies between the attempts, so that several in a row may meet a wire that breaks at once.
  const copier = kept(await openCopier({ attempts: 10 }));
  await copier.copy(`oci:${join(root, 'images')}:large`, `docker://${one.domain}/large:1`);
  const random = numbers(13);
  const [source, target] = [
    kept(await startCuttingProxy(one.port, () => random(3_000_000))),
    kept(await startCuttingProxy(two.port, () => random(3_000_000))),
  ];
  const held = new Set(one.repository('large').blobs.keys());
  for (let copies = 0; source.cuts() + target.cuts() < 70; copies++) {
    const from = `docker://${source.domain}/large:1`;
    const into = `${target.domain}/large${copies}:1`;
    expect(await copier.copy(from, `docker://${into}`)).toMatchObject({ digest: largeDigest });
    const arrived = two.repository(`large${copies}`).blobs;
    expect(new Set(arrived.keys())).toEqual(held);
    for (const [name, bytes] of arrived) expect(sha256(bytes)).toBe(name);
    const back = join(root, `${expect.getState().currentTestName} ${copies}`);
    await copier.copy(`docker://${into}`, `oci:${back}:1`);
    for (const name of held) {
      const bytes = await readFile(join(back, 'blobs', ...name.split(':')));
      expect(sha256(bytes)).toBe(name);
    }
  }
  expect([source.cuts(), target.cuts()].every(cuts => cuts > 5)).toBe(true);
  expect([...one.violations, ...two.violations]).toEqual([]);
});

test.skipIf(noDockerRegistry)(
  'the real registry, too, which takes broken uploads from the start only',
  async () => {
    const [one, two] = [await startDockerRegistry(), await startDockerRegistry()];
    closing.push(
      () => one.stop(),
      () => two.stop(),
    );
    const copier = kept(await openCopier());
    await copier.copy(`oci:${join(root, 'images')}:app`, `docker://${one.domain}/app:1`);
    const random = numbers(11);
    const port = (domain: string) => Number(domain.split(':')[1]);
    const proxies = await Promise.all(
      [one, two].map(async ({ domain }) =>
        kept(await startCuttingProxy(port(domain), () => random(400_000))),
      ),
    );
    const [source, target] = proxies;
    for (let copies = 0; (source?.cuts() ?? 0) + (target?.cuts() ?? 0) < 15; copies++) {
      const to = `docker://${target?.domain}/app${copies}:1`;
      expect(await copier.copy(`docker://${source?.domain}/app:1`, to)).toMatchObject({ digest });
      const there = `docker://${two.domain}/app${copies}:1`;
      expect(await copier.copy(there, `oci:${join(root, 'back')}:${copies}`)).toMatchObject({ digest });
    }
  },
);

test.each(['a break', 'the user'])(
  'what a copy left in a layout, stopped by %s, is where the next one begins',
  async cause => {
    const one = kept(await StrictRegistry.start());
    const stop = new AbortController();
    const impatient = kept(await openCopier({ attempts: 1, signal: stop.signal }));
    const patient = kept(await openCopier());
    await patient.copy(`oci:${join(root, 'images')}:app`, `docker://${one.domain}/app:1`);
    let budget = cause === 'a break' ? 60_000 : Infinity;
    const proxy = kept(await startCuttingProxy(one.port, () => budget));
    const [from, to] = [`docker://${proxy.domain}/app:1`, `oci:${join(root, cause)}`];
    const onEvent: CopyOptions['onEvent'] = event => {
      if (cause !== 'the user' || event.type !== 'blob' || event.transferred < 60_000) return;
      stop.abort(usageError('INTERRUPTED', 'stopped', { next: 'Run it again.' }));
    };
    const options = { attachments: false, parallel: 1, onEvent };
    await expect(impatient.copy(from, to, options)).rejects.toMatchObject({
      code: cause === 'the user' ? 'INTERRUPTED' : expect.stringContaining('REGISTRY'),
    });
    const directory = join(root, cause, 'blobs', 'sha256');
    const partial = (await readdir(directory)).filter(name => name.endsWith('.partial'));
    expect(partial).toHaveLength(1);
    // As if the process were gone: no process has this number.
    const [name = ''] = partial;
    await rename(join(directory, name), join(directory, name.replace(/\.\d+-/, '.4194999-')));
    budget = Infinity;
    one.requests.length = 0;
    expect(await patient.copy(from, to, { attachments: false })).toMatchObject({ digest });
    expect((await readdir(directory)).filter(entry => entry.endsWith('.partial'))).toEqual([]);
  },
);
