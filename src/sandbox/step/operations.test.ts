import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lateOperations } from './operations.ts';
import { makeWorkspace } from './workspace.ts';

test('a secret wins over a variable of its name, and loader variables come last', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-operations-'));
  const operations = lateOperations({
    workspace: makeWorkspace(directory, []),
    mounts: [],
    points: { proc: '/proc', sys: '/sys', dev: '/dev', generated: new Map() },
    step: {
      lowers: [],
      directory,
      argv: ['env', '-0'],
      env: { LD_PRELOAD: '/lib/x.so', TOKEN: 'public', PATH: '/bin' },
      secrets: { TOKEN: "the-secret's value" },
      cwd: '/',
      user: '',
      network: 'none',
    },
    user: { uid: 0, gid: 0, groups: [0], home: '/root' },
  });
  rmSync(directory, { recursive: true });
  expect(operations.at(-1)?.slice(-7)).toEqual([
    '4',
    "TOKEN=the-secret's value",
    'HOME=/root',
    'PATH=/bin',
    'LD_PRELOAD=/lib/x.so',
    'env',
    '-0',
  ]);
});
