// A registry that lies to a copy: a clear error, and nothing of it at the destination.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StrictRegistry } from '../../../testkit/registry/index.ts';
import { Secret, type CredentialSource } from '../index.ts';
import { openCopier, type Copier } from '../testing/copying.ts';
import { endless, isManifest, openHostileWorld, type HostileWorld } from '../testing/hostile-world.ts';

let world: HostileWorld;
let honest: StrictRegistry;
let copier: Copier;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-hostile-copy-'));
  [world, honest, copier] = await Promise.all([openHostileWorld(), StrictRegistry.start(), openCopier()]);
});
afterEach(async () => {
  await Promise.all([world.close(), honest.close(), copier.close()]);
  await rm(root, { recursive: true, force: true });
});

/** Copies from the liar to every kind of place, and gives the failures. */
async function copyFrom(domain: string): Promise<unknown[]> {
  const source = `docker://${domain}/team/app:1`;
  const places = [
    `docker://${honest.domain}/team/app:1`,
    `oci:${join(root, 'layout')}`,
    `dir:${join(root, 'dir')}`,
    `oci-archive:${join(root, 'archive.tar')}`,
  ];
  const failures: unknown[] = [];
  for (const place of places)
    failures.push(await copier.copy(source, place).catch((error: unknown) => error));
  return failures;
}

async function expectNothingKept(): Promise<void> {
  const { blobs, manifests, tags, uploads } = honest.repository('team/app');
  expect([manifests.size, tags.size, uploads.size]).toEqual([0, 0, 0]);
  expect(blobs.has(world.layer.digest)).toBe(false);
  // Nothing but what the liar told the truth about, whole and under its digest.
  expect(honest.violations).toEqual([]);
  const files = await readdir(root, { recursive: true });
  expect(files.filter(name => name.endsWith('.tar') || /manifest\.json$|index\.json$/.test(name))).toEqual(
    [],
  );
  const hex = world.layer.digest.slice(7);
  expect(files.filter(name => name.includes(hex))).toEqual([]);
}

describe('a layer', () => {
  const lies: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['of other bytes', response => void response.end(Buffer.alloc(world.layer.size, 7))],
    ['that is too short', response => void response.end(world.layerBytes.subarray(1))],
    [
      'that has a byte more',
      response => void response.end(Buffer.concat([world.layerBytes, Buffer.from('x')])),
    ],
    ['without an end', response => endless(response, 'application/octet-stream')],
    [
      'that is a page',
      response => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
  ];
  test.each(lies)('%s', async (_, lie) => {
    const { domain } = await world.liar((url, response) => {
      if (!url.endsWith(world.layer.digest)) return false;
      lie(response);
      return true;
    });
    for (const failure of await copyFrom(domain))
      expect(failure).toMatchObject({
        code: 'REGISTRY_DIGEST_MISMATCH',
        exit: 4,
        message: expect.stringContaining(domain),
      });
    await expectNothingKept();
  });

  test('whose length is not told, and is wrong', async () => {
    const { domain } = await world.liar((url, response) => {
      if (!url.endsWith(world.layer.digest)) return false;
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write(world.layerBytes);
      response.end('and more');
      return true;
    });
    for (const failure of await copyFrom(domain))
      expect(failure).toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' });
    await expectNothingKept();
  });
});

test.each([
  ['http://169.254.169.254/latest/meta-data', 'REGISTRY_PLAIN_HTTP'],
  ['ftp://files.example.test/blob', 'REGISTRY_PLAIN_HTTP'],
])('a layer that redirects to %s', async (location, code) => {
  const { domain } = await world.liar((url, response) => {
    if (!url.endsWith(world.layer.digest)) return false;
    response.writeHead(307, { location }).end();
    return true;
  });
  for (const failure of await copyFrom(domain)) expect(failure).toMatchObject({ code });
  await expectNothingKept();
});

test('a manifest that is another one than was asked for by digest', async () => {
  const { domain } = await world.liar((url, response) => {
    if (!isManifest(url)) return false;
    response
      .writeHead(200, { 'content-type': world.image.mediaType })
      .end(`${world.manifestBytes.toString()} `);
    return true;
  });
  const copying = copier.copy(
    `docker://${domain}/team/app@${world.image.digest}`,
    `oci:${join(root, 'layout')}`,
  );
  await expect(copying).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH', exit: 4 });
});

test('credentials of the one side never reach the other, nor an error', async () => {
  const password: CredentialSource = {
    credentialsFor: ({ domain }) =>
      Promise.resolve(
        domain === honest.domain
          ? undefined
          : { kind: 'password', username: 'kelp', password: new Secret('forest-secret') },
      ),
  };
  const storage = await world.server((request, response) => world.serve(request, response));
  const guarded = await world.server((request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="kelp"' }).end();
    else if (request.url.includes('/blobs/'))
      response.writeHead(307, { location: `${storage.origin}${request.url}` }).end();
    else world.serve(request, response);
  });
  const seen: (string | undefined)[] = [];
  const target = await StrictRegistry.start({
    intercept(request, response) {
      seen.push(request.headers.authorization);
      if (request.method !== 'PUT' || !request.url?.includes('manifests')) return false;
      request.resume();
      response.writeHead(400).end('{"errors":[{"code":"DENIED"}]}');
      return true;
    },
  });
  const asked = await openCopier({ credentials: password });
  try {
    const copying = asked.copy(`docker://${guarded.domain}/team/app:1`, `docker://${target.domain}/app:1`);
    const failure: unknown = await copying.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('forest-secret');
    expect(storage.seen.length).toBeGreaterThan(0);
    expect(storage.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(seen.every(authorization => authorization === undefined)).toBe(true);
    expect(guarded.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  } finally {
    await asked.close();
    await target.close();
  }
});
