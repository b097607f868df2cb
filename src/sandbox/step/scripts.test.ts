import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTools, stepTools } from '../tools.ts';
import { lateCommands } from './scripts.ts';
import { makeWorkspace } from './workspace.ts';

test('a secret is on no command line, where every user of the machine could read it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-scripts-'));
  const secret = "the-secret's value";
  const commands = lateCommands({
    tools: findTools(stepTools),
    workspace: makeWorkspace(directory, []),
    fstab: '/fstab',
    points: { proc: '/proc', sys: '/sys', dev: '/dev', generated: new Map() },
    step: {
      lowers: [],
      directory,
      argv: ['env'],
      env: { TOKEN: 'public' },
      secrets: { TOKEN: secret },
      cwd: '/',
      user: '',
      network: 'none',
    },
    user: { uid: 0, gid: 0, groups: [0], home: '/' },
    image: directory,
  });
  const shell = commands.join('\n');
  expect(shell).not.toContain('TOKEN=public');
  // The shell reads this from a pipe, and what it then executes inherits the variable.
  const [before, after, ...more] = shell.split(`export TOKEN='the-secret'\\''s value'; exec `);
  expect(more).toEqual([]);
  expect(before).not.toContain('the-secret');
  expect(after).not.toContain('the-secret');
  expect(after).toMatch(/^'[^']*perl' .* '[^']*nsenter'/s);
  rmSync(directory, { recursive: true });
});
