import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HoldfastError, sha256 } from '../core/index.ts';
import { kinds, type Exchange } from '../kinds/index.ts';
import { Store } from '../store/index.ts';
import {
  buildKey,
  formatLock,
  inputsBySection,
  lockMismatch,
  parseLock,
  projectRecording,
  readRecording,
  storeRecording,
  type Lock,
  type Recording,
} from './index.ts';

let root: string;
let store: Store;
let text: string;
let recording: Recording;

const file = 'holdfast.lock';

function got(url: string, status = 200, vary: Record<string, string> = {}): Exchange {
  const body = { digest: sha256(url), size: url.length };
  return {
    key: { method: 'GET', url, vary },
    responses: [{ status, headers: [], ...(status === 200 && { body }) }],
  };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
  store = await Store.open(root);
  const taken = {
    version: 1 as const,
    asOf: '2026-11-23T18:40:00Z',
    images: [
      {
        reference: 'debian:bookworm',
        platform: 'linux/amd64',
        manifest: sha256('manifest'),
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        size: 8,
        config: sha256('config'),
        diffIds: [sha256('layer 0'), sha256('layer 1')],
      },
    ],
    steps: [
      {
        step: '0/2',
        command: sha256('RUN npm install'),
        exchanges: [
          got('https://npm.test/express/-/express-4.18.2.tgz'),
          got('https://files.test/install.sh?channel=stable'),
          got('https://files.test/none', 404),
        ],
      },
    ],
  };
  recording = { ...taken, inputs: await projectRecording(taken, kinds, store) };
  const digest = await storeRecording(store, recording);
  const lock: Lock = {
    version: 1,
    asOf: recording.asOf,
    builds: [
      {
        dockerfile: 'Dockerfile',
        platform: 'linux/amd64',
        args: { VERSION: '1.10' },
        checksum: sha256('checksum'),
        context: sha256('context'),
        recording: digest,
        image: sha256('image'),
      },
    ],
    inputs: inputsBySection(recording.inputs),
  };
  text = formatLock(lock);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What the program does with a lock before it uses it. */
async function check(lockText: string): Promise<HoldfastError | undefined> {
  try {
    const lock = parseLock(lockText, file);
    const [build] = lock.builds;
    if (build === undefined) throw new Error('no build');
    const read = await readRecording(store, build.recording);
    return lockMismatch(lock, read.inputs, file);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
}

describe('the text', () => {
  test('has one input a line, sorted, and reads back to the same bytes', () => {
    expect(text).toMatch(
      /^ {2}- \{name: "express", version: "4.18.2", size: \d+, sha256: "[0-9a-f]{64}", url: ".*"\}$/m,
    );
    expect(text).toMatch(/^ {2}- \{url: "https:\/\/files.test\/none", status: 404\}$/m);
    expect(text.endsWith('\n')).toBe(true);
    expect(formatLock(parseLock(text, file))).toBe(text);
    expect(formatLock(parseLock(text.replaceAll('\n', '\r\n'), file))).toBe(text);
  });

  test('has the service of a compose project, which with its platform is one build', () => {
    const lock = parseLock(text, file);
    const [build] = lock.builds;
    const services = ['web', 'db'].map(service => ({ ...build!, service }));
    const written = formatLock({ ...lock, builds: [...services, build!] });
    expect(written.match(/service: "(db|web)"\n {4}dockerfile/g)).toHaveLength(2);
    expect(formatLock(parseLock(written, file))).toBe(written);
    const [web] = services;
    expect(buildKey({ ...web!, args: {}, dockerfile: 'other' })).toBe(buildKey(web!));
    expect(new Set([...services, build!, { ...web!, platform: 'linux/arm64' }].map(buildKey)).size).toBe(4);
    expect(() => parseLock(written.replace('service: "web"', 'service: "wex"'), file)).toThrow(
      expect.objectContaining({ code: 'LOCK_ALTERED' }),
    );
  });

  test('does not depend on the order in which a client asked', async () => {
    const [step] = recording.steps;
    const turned = { ...recording, steps: [{ ...step!, exchanges: step!.exchanges.toReversed() }] };
    expect(await storeRecording(store, turned)).toBe(await storeRecording(store, recording));
  });
});

describe('a lock is refused', () => {
  test('whichever bit of a steering line turns', async () => {
    expect(await check(text)).toBeUndefined();
    const start = text.indexOf('version:');
    const failures: string[] = [];
    for (let at = start; at < text.length - 1; at++) {
      if (text[at] === '\n' || text[at] === ' ') continue; // White space between members steers nothing.
      const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      const error = await check(flipped);
      if (error === undefined || ![2, 3, 4].includes(error.exit))
        failures.push(`${at}: ${flipped.slice(at - 10, at + 10)}`);
    }
    expect(failures).toEqual([]);
  });

  test('naming the input whose digest turned', async () => {
    const altered = text.replace(/(express.*sha256: ")./, (_, head: string) => `${head}g`);
    expect(await check(altered)).toMatchObject({
      code: 'LOCK_ALTERED',
      exit: 4,
      message: expect.stringContaining('npm express'),
    });
  });

  test('naming step and URL of a line that is gone', async () => {
    const shorter = text
      .split('\n')
      .filter(line => !line.includes('express'))
      .join('\n');
    for (const altered of [shorter, shorter.replace('\nnpm:\n', '\n')]) {
      expect(await check(altered)).toMatchObject({
        code: 'LOCK_MISSING_ENTRY',
        exit: 3,
        message: expect.stringContaining('step 0/2: https://npm.test/express/-/express-4.18.2.tgz'),
      });
    }
  });

  test('naming the line that is none', async () => {
    const at = text.split('\n').findIndex(line => line.includes('express')) + 1;
    expect(await check(text.replace(/(express.*sha256):/, '$1;'))).toMatchObject({
      code: 'LOCK_INVALID',
      exit: 4,
      where: { file, line: at },
    });
  });

  test('when its version is unknown, it has conflict markers, or is no lock', async () => {
    expect(await check(text.replace('version: 1', 'version: 2'))).toMatchObject({
      code: 'LOCK_VERSION',
      exit: 2,
    });
    expect(await check(`<<<<<<< ours\n${text}`)).toMatchObject({ code: 'LOCK_CONFLICT', exit: 3 });
    expect(await check('a: &a [*a, *a]')).toMatchObject({ code: 'LOCK_INVALID', exit: 4 });
    expect(await check('version: 1\nbuilds: {')).toMatchObject({ code: 'LOCK_INVALID', exit: 4 });
  });
});
