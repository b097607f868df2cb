import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseReference } from '../reference.ts';
import { openCopier, type Copier } from '../testing/copying.ts';
import { LayoutWriter } from '../testing/layout-writer.ts';
import { startScripted, type ScriptedServer } from '../testing/scripted-server.ts';
import { dockerEngine } from '../transports/docker-daemon.ts';
import { copyImage, type CopyOptions } from './copy-image.ts';
import { daemonSource, daemonTarget } from './daemon-place.ts';
import { openCopySource, openCopyTarget, parseCopyPlace } from './open-place.ts';

const reference = parseReference('example.org/app:1');
const all: CopyOptions = { selection: { kind: 'all' }, attachments: true };

let root: string;
let copier: Copier;
let digest: string;
/** Answers as Docker's Engine API, and keeps what is loaded. */
let docker: ScriptedServer;
let loaded: Buffer | undefined;
let store: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-daemon-test-'));
  copier = await openCopier();
  const layout = await LayoutWriter.begin(join(root, 'images'));
  const image = await layout.image(['one', 'two']);
  digest = image.digest;
  await layout.name('app', image);
  [loaded, store] = [undefined, 'io.containerd.snapshotter.v1'];
  docker = await startScripted(({ method, url, body }, response) => {
    if (url === '/info') response.end(JSON.stringify({ DriverStatus: [['driver-type', store]] }));
    else if (method === 'POST' && url.startsWith('/images/load')) {
      loaded = body;
      response.end('{"stream":"Loaded image"}');
    } else if (url === '/images/example.org%2Fapp%3A1/get' && loaded) response.end(loaded);
    else response.writeHead(404).end('{"message":"no such image"}');
  });
});
afterEach(async () => {
  await Promise.all([docker.stop(), copier.close()]);
  await rm(root, { recursive: true, force: true });
});

const engine = () => dockerEngine({ DOCKER_HOST: `tcp://${docker.domain}` });
const place = { client: () => Promise.resolve(copier.client), environment: {} };
const source = () => openCopySource(parseCopyPlace(`oci:${join(root, 'images')}:app`), place);
const load = async (anyDigest: boolean) =>
  copyImage(await source(), daemonTarget(engine(), reference, anyDigest), all);

test('a Docker that keeps manifests gives the image back with its digest', async () => {
  expect(await load(false)).toMatchObject({ digest, blobs: { copied: 3 } });
  const saved = await daemonSource(engine(), reference);
  try {
    const back = await openCopyTarget(parseCopyPlace(`oci:${join(root, 'back')}`), place);
    expect(await copyImage(saved, back, all)).toMatchObject({ digest });
  } finally {
    await saved.close?.();
  }
});

test('the archive is the one that docker-archive: writes', async () => {
  await load(false);
  const file = join(root, 'app.tar');
  await copier.copy(`oci:${join(root, 'images')}:app`, `docker-archive:${file}:example.org/app:1`);
  expect(loaded?.equals(await readFile(file))).toBe(true);
});

test('a Docker that keeps none is refused, unless another digest is allowed', async () => {
  store = 'overlay2';
  await expect(load(false)).rejects.toMatchObject({
    code: 'COPY_DIGEST_NOT_KEPT',
    exit: 2,
    next: expect.stringContaining('--no-preserve-digests'),
  });
  expect(loaded).toBeUndefined();
  expect(await load(true)).toMatchObject({ digest });
  expect(loaded?.byteLength).toBeGreaterThan(0);
});

test('an image that Docker does not have, and a Docker that is not there', async () => {
  await expect(daemonSource(engine(), reference)).rejects.toMatchObject({
    code: 'DOCKER_REFUSED',
    message: expect.stringContaining('no such image'),
  });
  const nowhere = dockerEngine({ DOCKER_HOST: 'tcp://127.0.0.1:1' });
  await expect(daemonSource(nowhere, reference)).rejects.toMatchObject({ code: 'DOCKER_UNREACHABLE' });
});

test('what is no archive of Docker’s says so', async () => {
  const file = join(root, 'no.tar');
  for (const [bytes, code] of [
    [Buffer.alloc(10_240), 'DOCKER_ARCHIVE_INVALID'],
    [Buffer.alloc(10_240, 'x'), 'ARCHIVE_INVALID'],
    [Buffer.from('1f8b0800', 'hex'), 'DOCKER_ARCHIVE_INVALID'],
  ] as const) {
    await writeFile(file, bytes);
    await expect(copier.copy(`docker-archive:${file}`, `oci:${join(root, 'x')}`)).rejects.toMatchObject({
      code,
    });
  }
  await expect(copier.copy(`docker-archive:${root}/gone`, `oci:${join(root, 'x')}`)).rejects.toMatchObject({
    code: 'ARCHIVE_UNREADABLE',
    exit: 2,
  });
});
