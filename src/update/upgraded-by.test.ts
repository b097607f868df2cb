import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256, type Digest } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import type { BuildEntry, ImageInput } from '../lock/index.ts';
import { Store } from '../store/index.ts';
import { upgradedBy } from './upgraded-by.ts';

let place: string;
let store: Store;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-upgraded-'));
  store = await Store.open(join(place, 'store'));
  writeFileSync(join(place, 'up.sh'), '#!/bin/sh\napt-get upgrade -y\n');
});
afterAll(() => rmSync(place, { recursive: true }));

const none = sha256('none');

/** An image of which the store has the configuration. */
async function image(reference: string, platform: string, triggers: readonly string[]): Promise<ImageInput> {
  const [os, architecture] = platform.split('/');
  const config = {
    os,
    architecture,
    config: { OnBuild: triggers },
    rootfs: { type: 'layers', diff_ids: [] },
  };
  const { digest } = await store.put(JSON.stringify(config));
  return { reference, platform, manifest: none, mediaType: '', size: 1, config: digest, diffIds: [] };
}

const upgraded = async (text: string, entry: Partial<BuildEntry>, images: readonly ImageInput[] = []) => {
  const rest = { checksum: none, context: none, recording: none, image: none satisfies Digest };
  const whole = { dockerfile: 'Dockerfile', platform: 'linux/amd64', ...rest, ...entry };
  const dockerfile = parseDockerfile(text, 'Dockerfile');
  return [
    ...(await upgradedBy(whole, { dockerfile, contexts: [join(place, 'gone'), place], images }, store)),
  ];
};

test('a lock’s build upgrades what its target, arguments and platform say', async () => {
  const text = `ARG V=old\nFROM a AS old\nFROM a AS new\nCOPY up.sh /\nRUN /up.sh\nFROM a AS arm64\nRUN apk upgrade\n`;
  expect(await upgraded(`${text}FROM $V\n`, {})).toEqual([]);
  expect(await upgraded(`${text}FROM $V\n`, { args: { V: 'new' } })).toEqual(['apt']);
  expect(await upgraded(`${text}FROM $V\n`, { target: 'new' })).toEqual(['apt']);
  expect(await upgraded(`${text}FROM $TARGETARCH\n`, { platform: 'linux/arm64' })).toEqual(['apk']);
  expect(await upgraded(`${text}FROM $TARGETARCH\n`, {})).toEqual([]);
});

test('a base image’s triggers are read for the platform of the build', async () => {
  const images = [
    await image('a:1', 'linux/arm64', ['RUN apk upgrade']),
    await image('a:1', 'linux/amd64', ['COPY . /', 'RUN apt-get update && apt-get upgrade -y']),
    await image('b', 'linux/amd64', []),
  ];
  expect(await upgraded('FROM a:1\n', {}, images)).toEqual(['apt']);
  expect(await upgraded('FROM a:1\n', { platform: 'linux/arm64' }, images)).toEqual(['apk']);
  expect(await upgraded('FROM b\nCOPY --from=a:1 /x /\n', {}, images)).toEqual([]);
  const lacking = images.map(one => ({ ...one, config: none }));
  expect(await upgraded('FROM a:1\n', {}, lacking)).toEqual([]);
});
