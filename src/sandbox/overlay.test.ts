import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandAs, programPath, testAccounts } from './testing/steps.ts';

describe.each(testAccounts())('overlays as $name', account => {
  test('128 layers with long and odd paths; read-only, single and no layers; errors', () => {
    const [file, ...args] = commandAs(account.prefix, programPath('overlay-runner'));
    expect(JSON.parse(execFileSync(file, args, { cwd: '/' }).toString())).toEqual({
      writable: { files: 129, top: '0', dir: [] },
      isWhiteout: true,
      // The directory made anew is opaque, also when it is a lower layer itself.
      readOnly: { dir: [], file5: false, write: 'EROFS' },
      single: { files: ['all', 'dir', 'file0'], write: 'EROFS' },
      none: 0,
      errors: [...Array.from({ length: 3 }, () => 'SANDBOX_OVERLAY_FAILED'), 'SANDBOX_UNMOUNT_FAILED'],
    });
  });

  test.runIf(process.getuid?.() === 0)('on a file system without set-user-id programs', () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-nosuid-'));
    try {
      const mounting = 'mount -t tmpfs -o nosuid,noexec,mode=1777 tmpfs "$0" && exec "$@"';
      const command = commandAs(account.prefix, programPath('overlay-runner'));
      const args = ['--mount', 'sh', '-c', mounting, directory, ...command];
      const env = { ...process.env, TMPDIR: directory };
      expect(JSON.parse(execFileSync('unshare', args, { cwd: '/', env }).toString())).toMatchObject({
        single: { files: ['all', 'dir', 'file0'], write: 'EROFS' },
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
