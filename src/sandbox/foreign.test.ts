import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostPlatform } from '../core/index.ts';
import { refuseUnrunnable, tinyProgram } from './foreign.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-foreign-test-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(architecture: string): string {
  const path = join(directory, architecture);
  writeFileSync(path, tinyProgram(architecture) ?? '');
  chmodSync(path, 0o755);
  return path;
}

describe('a program that only ends', () => {
  test('runs on this machine', () => {
    execFileSync(written(hostPlatform().architecture)); // Throws for another exit code than 0.
  });

  test.each([
    ['386', 'i386'],
    ['amd64', 'x86_64'],
    ['arm', 'arm'],
    ['arm64', 'aarch64'],
    ['loong64', 'loongarch64'],
    ['ppc64le', 'ppc64le'],
    ['riscv64', 'riscv64'],
    ['s390x', 's390x'],
  ])('runs on an emulated %s', (architecture, emulator) => {
    const qemu = `qemu-${emulator}-static`;
    if (spawnSync(qemu, ['--version']).error !== undefined) {
      console.log(`skipped: ${qemu} is not installed`);
      return;
    }
    execFileSync(qemu, [written(architecture)]);
    // A wrong instruction is told from a right one.
    const broken = tinyProgram(architecture) ?? Buffer.alloc(0);
    writeFileSync(join(directory, 'broken'), broken.fill(0, broken.length - 4), { mode: 0o755 });
    expect(spawnSync(qemu, [join(directory, 'broken')]).status).not.toBe(0);
  });
});

test('a platform that no kernel knows is refused', async () => {
  await refuseUnrunnable(hostPlatform(), directory);
  const unknown = refuseUnrunnable({ os: 'linux', architecture: 'pdp11' }, directory);
  await expect(unknown).rejects.toMatchObject({ code: 'PLATFORM_NOT_RUNNABLE', exit: 2 });
  const windows = refuseUnrunnable({ os: 'windows', architecture: hostPlatform().architecture }, directory);
  await expect(windows).rejects.toMatchObject({ code: 'PLATFORM_NOT_RUNNABLE' });
});
