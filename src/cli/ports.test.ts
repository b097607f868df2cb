import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProject } from '../build/index.ts';
import { hostPlatform } from '../core/index.ts';
import { portsNamed } from './ports.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ports-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function portsOf(files: Record<string, string>): Promise<number[]> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const request = {
    directory: root,
    platform: hostPlatform(),
    platformGiven: false,
    buildArguments: {},
    contexts: {},
    labels: {},
    withoutRules: [],
  };
  const unused = () => Promise.reject(new Error('not needed'));
  return portsNamed(
    await openProject(request, { standardInput: process.stdin, scratch: unused, fetch: unused }),
  );
}

it('are those of URLs in the Dockerfile and in files that steps may read', async () => {
  expect(
    await portsOf({
      Dockerfile: 'FROM a.test:6001/b\nCOPY . .\n# http://c:6002/\n',
      'deep/etc/mirror.list': 'deb http://user:word@apt.test:6003/debian stable main\n',
      'requirements.txt': '--index-url https://pypi.test:6004/simple\n',
    }),
  ).toEqual([6001, 6002, 6004, 6003]);
});

it('are not those of neighbours, of this machine, of what is ignored and of what is no text', async () => {
  expect(
    await portsOf({
      Dockerfile: 'FROM scratch\n',
      '.dockerignore': 'ignored\n',
      'app.js': 'fetch("http://backend:6001/"); fetch("http://127.0.0.1:6002/"); x = "a.b.c:6003"',
      'ignored/list': 'http://a.test:6004/',
      'node_modules/list': 'http://a.test:6005/',
      binary: '\0http://a.test:6006/',
      big: `${' '.repeat(300_000)}http://a.test:6007/`,
      wrong: 'http://a.test:99999/',
    }),
  ).toEqual([]);
});
