// Images of a real dockerd, which keeps configurations and layers and no manifests: what goes there, and comes back.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LayoutWriter } from '../src/registry/testing/layout-writer.ts';
import { holdfast, type RunResult } from './program.ts';
import { startDocker } from './support-docker.ts';

let root: string;
let digest: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-dockerd-'));
  const layout = await LayoutWriter.begin(join(root, 'images'));
  const image = await layout.image(['one', 'two']);
  const arm = await layout.image(['arm'], { architecture: 'arm64' });
  const entry = (one: object, architecture: string) => ({ ...one, platform: { os: 'linux', architecture } });
  await layout.name('multi', await layout.index([entry(image, 'amd64'), entry(arm, 'arm64')]));
  await layout.name('app', image);
  digest = image.digest;
});
afterAll(() => rm(root, { recursive: true, force: true }));

const started = await startDocker();
if (typeof started === 'string') console.log(`skipped: ${started}`);
else afterAll(() => started.stop());
const { host: DOCKER_HOST = '' } = typeof started === 'string' ? {} : started;
const ran = (...args: string[]): Promise<RunResult> =>
  holdfast(args, { cwd: root, env: { HOME: root, DOCKER_HOST } });

test.skipIf(typeof started === 'string')(
  'dockerd, both ways',
  async () => {
    if (typeof started === 'string') return;
    const there = 'docker-daemon:example.org/kelp/app:1';
    const ids = async () => (await started.docker(['images', '--quiet', '--no-trunc'])).stdout.trim();

    const refused = await ran('copy', '--json', 'oci:images:app', there);
    expect(refused).toMatchObject({ exit: 2, json: { error: { code: 'COPY_DIGEST_NOT_KEPT' } } });
    const both = await ran('copy', '--json', '--no-preserve-digests', 'oci:images:multi', there);
    const message = 'this Docker holds one platform, the image has linux/amd64, linux/arm64';
    expect(both).toMatchObject({ exit: 2, json: { error: { code: 'ARCHIVE_ONE_PLATFORM', message } } });
    expect(await ids()).toBe('');

    const options = ['--quiet', '--no-preserve-digests', '--platform=linux/amd64'];
    const loaded = await ran('copy', ...options, 'oci:images:multi', there);
    expect(loaded, loaded.stderr).toMatchObject({ exit: 0, stdout: `${digest}\n` });
    // Docker's name for an image is the digest of its configuration.
    const inspected = await ran('inspect', '--raw', 'oci:images:app');
    expect(inspected.json).toMatchObject({ config: { digest: await ids() } });

    const same = await ran('inspect', '--identity', '--json', 'oci:images:app', there);
    expect(same, same.stderr).toMatchObject({ exit: 0, json: { same: true } });
    const back = await ran('copy', '--quiet', there, 'oci:back:app');
    expect(back, back.stderr).toMatchObject({ exit: 0 });
    expect(back.stdout).not.toBe(`${digest}\n`);
    const after = await ran('inspect', '--identity', '--json', 'oci:images:app', 'oci:back:app');
    expect(after).toMatchObject({ exit: 0, json: { same: true } });

    const gone = await ran('copy', '--json', 'docker-daemon:example.org/kelp/none:1', 'oci:back:none');
    expect(gone).toMatchObject({ exit: 5, json: { error: { code: 'DOCKER_REFUSED' } } });
  },
  120_000,
);
