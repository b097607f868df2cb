// What the README tells a newcomer to type first.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const demo = join(import.meta.dirname, '..', 'scripts', 'demo');

test('scripts/demo locks a service of the examples, and builds it offline to the same digest', async () => {
  const place = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  try {
    // Its standard input is a pipe that gives nothing, as in CI.
    const { stdout } = await promisify(execFile)(demo, ['node-service'], {
      env: { ...process.env, HOLDFAST_DEMO: place },
      maxBuffer: 64 * 1024 * 1024,
    });
    const [, locked] = /^the lock names {2}(sha256:[0-9a-f]{64})$/m.exec(stdout) ?? [];
    const [, built] = /^built offline {3}(sha256:[0-9a-f]{64})$/m.exec(stdout) ?? [];
    expect(built).toBe(locked);
    expect(locked).toBeDefined();
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
