import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { noCredentials, parseReference } from './index.ts';
import { endless, isManifest, openHostileWorld, type HostileWorld } from './testing/hostile-world.ts';
import { blobsIn, fakeClock } from './testing/stores.ts';

let world: HostileWorld;
beforeEach(async () => {
  world = await openHostileWorld();
});
afterEach(() => world.close());
const isLayer = (url: string) => url.endsWith(world.layer.digest);

describe('a manifest that is none', () => {
  test.each([
    ['an HTML page', 'text/html; charset=utf-8', '<html>Log in</html>'],
    ['HTML that claims to be a manifest', 'application/vnd.oci.image.manifest.v1+json', '<html>'],
    ['JSON of another kind', 'application/json', '{"token":1}'],
    ['schema 1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
    [
      'index and image at once',
      'application/vnd.oci.image.index.v1+json',
      '{"schemaVersion":2,"manifests":[],"layers":[]}',
    ],
    [
      'a type that its own text denies',
      'application/vnd.oci.image.index.v1+json',
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}',
    ],
    [
      'a digest that climbs',
      'application/vnd.oci.image.manifest.v1+json',
      '{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:../../x","size":1},"layers":[]}',
    ],
  ])('%s: REGISTRY_NOT_A_MANIFEST', async (_, type, body) => {
    const { domain } = await world.server(
      (__, response) => void response.writeHead(200, { 'content-type': type }).end(body),
    );
    await expect(world.pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_A_MANIFEST',
      exit: 5,
      message: expect.stringContaining(domain),
    });
    expect(await blobsIn(world.victim)).toEqual([]);
  });

  test('one without end is left after 4 MiB', async () => {
    const { domain } = await world.server((_, response) => endless(response, world.image.mediaType));
    await expect(world.pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_A_MANIFEST',
      message: expect.stringContaining('4 MiB'),
    });
  });

  test('a type left vague gives way to what the manifest says of itself', async () => {
    const { domain } = await world.liar((url, response) => {
      if (!isManifest(url)) return false;
      response.setHeader('content-type', 'application/json').end(world.manifestBytes);
      return true;
    });
    expect(await world.pull(domain)).toMatchObject({ manifest: world.image });
  });
});

describe('bytes that are not those', () => {
  test.each([
    ['others', 0],
    ['too few', -1],
    ['too many', 1],
  ])('of a blob, %s: REGISTRY_DIGEST_MISMATCH', async (_, more) => {
    const { domain } = await world.liar(
      (url, response) => isLayer(url) && !!response.end(Buffer.alloc(world.layer.size + more)),
    );
    await expect(world.pull(domain)).rejects.toMatchObject({
      code: 'REGISTRY_DIGEST_MISMATCH',
      exit: 4,
      message: expect.stringContaining(world.layer.digest),
    });
    expect(await world.victim.has(world.layer.digest)).toBe(false);
    expect(await world.victim.has(world.image.digest)).toBe(false);
  });

  test('a blob without end is left where it should have ended', async () => {
    const { domain } = await world.liar(
      (url, response) => isLayer(url) && (endless(response, 'application/octet-stream'), true),
    );
    await expect(world.pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
    expect(await world.victim.has(world.layer.digest)).toBe(false);
  });

  test('a manifest under another digest, or with a header that names one', async () => {
    const { domain } = await world.liar(
      (url, response) => isManifest(url) && !response.setHeader('docker-content-digest', sha256('rock')),
    );
    await expect(world.pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH', exit: 4 });
    const client = await world.client();
    const other = await world.server(world.serve);
    const asked = parseReference(`${other.domain}/team/app@${sha256('kelp')}`);
    await expect(client.manifest(asked)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH', exit: 4 });
  });
});

describe('a connection that breaks', () => {
  test('is taken up again where it broke', async () => {
    const ranges: (string | undefined)[] = [];
    const { domain } = await world.server((request, response) => {
      if (!isLayer(request.url)) return world.serve(request, response);
      ranges.push(request.headers.range);
      const bytes = world.layerBytes;
      // The first two answers break off; the second knows no ranges, the third does.
      if (ranges.length < 3) {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 10 * ranges.length));
        setTimeout(() => response.destroy(), 20);
        return;
      }
      const range = { 'content-range': `bytes 20-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(206, range).end(bytes.subarray(20));
    });
    expect(await world.pull(domain)).toMatchObject({ manifest: world.image });
    expect(ranges).toEqual([undefined, 'bytes=10-', 'bytes=20-']);
  });

  test('and had served before is replaced at once', async () => {
    const clock = fakeClock();
    const { domain, seen } = await world.server((request, response) => {
      if (request.number === 2) response.destroy();
      else world.serve(request, response);
    });
    expect(await world.pull(domain, noCredentials, clock)).toMatchObject({ manifest: world.image });
    expect(clock.slept).toEqual([]);
    expect(seen.length).toBeGreaterThan(3);
  });

  test('for ever at the same byte is an error', async () => {
    const { domain } = await world.liar((url, response) => {
      if (!isLayer(url)) return false;
      response.writeHead(200, { 'content-length': world.layer.size }).write('x');
      setTimeout(() => response.destroy(), 5);
      return true;
    });
    await expect(world.pull(domain)).rejects.toMatchObject({ code: 'REGISTRY_CUT_SHORT', exit: 5 });
    expect(await world.victim.has(world.layer.digest)).toBe(false);
  });
});

describe('a registry under load', () => {
  test('is waited for as long as it says', async () => {
    const clock = fakeClock();
    const later = new Date(clock.now() + 7000 + 3000).toUTCString();
    const { domain } = await world.liar((url, response, number) => {
      if (!isManifest(url) || number > 3) return false;
      const headers = [{ 'retry-after': '7' }, { 'retry-after': later }, {}][number - 1];
      response.writeHead(number === 3 ? 503 : 429, headers).end();
      return true;
    });
    expect(await world.pull(domain, noCredentials, clock)).toMatchObject({ manifest: world.image });
    expect(clock.slept).toEqual([7000, 3000, 2000]);
  });

  test.each([
    [429, 'REGISTRY_RATE_LIMITED'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ])('that answers %i for ever is given up: %s', async (status, code) => {
    const clock = fakeClock();
    const { domain, seen } = await world.server((_, response) => void response.writeHead(status).end());
    await expect(world.pull(domain, noCredentials, clock)).rejects.toMatchObject({ code, exit: 5 });
    expect(seen).toHaveLength(5);
    expect(clock.slept).toEqual([500, 1000, 2000, 4000]);
  });

  test('that asks for an hour is not waited for', async () => {
    const clock = fakeClock();
    const { domain } = await world.server(
      (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
    );
    await expect(world.pull(domain, noCredentials, clock)).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
      message: expect.stringContaining('3600 seconds'),
    });
    expect(clock.slept).toEqual([]);
  });
});
