import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Placements } from './placements.ts';

const before = new Date('2001-01-01T00:00:00Z');
let scratch: string;
let root: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'holdfast-placements-'));
  root = join(scratch, 'root');
  mkdirSync(join(root, 'etc/ssl'), { recursive: true });
  writeFileSync(join(root, 'etc/ssl/roots'), 'own');
  chmodSync(join(root, 'etc/ssl/roots'), 0o600);
  utimesSync(join(root, 'etc/ssl'), before, before);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const laid = { path: '/etc/ssl/roots', content: 'laid' };
const always = { always: true };

test('what the step leaves alone goes, and what was there comes back with all dates', () => {
  const placements = new Placements(root, join(scratch, 'aside'));
  placements.layFile(laid, always);
  placements.layFile({ path: '/run/new/file', content: '' }, always);
  placements.coverDirectory('/etc');
  expect(readdirSync(join(root, 'etc'))).toEqual([]);
  expect(placements.paths).toEqual(['/etc', '/etc/ssl/roots', '/run', '/run/new', '/run/new/file']);
  placements.remove();
  expect(readdirSync(root)).toEqual(['etc']);
  expect(readFileSync(join(root, 'etc/ssl/roots'), 'utf8')).toBe('own');
  expect(lstatSync(join(root, 'etc/ssl/roots')).mode & 0o777).toBe(0o600);
  expect(lstatSync(join(root, 'etc/ssl')).mtime).toEqual(before);
  expect(readdirSync(scratch)).toEqual(['root']);
});

test('what the step changes stays, and so does what it makes beside it', async () => {
  const placements = new Placements(root, join(scratch, 'aside'));
  placements.layFile(laid, always);
  placements.layFile({ path: '/run/new/file', content: '' }, always);
  await new Promise(done => setTimeout(done, 20));
  writeFileSync(join(root, 'etc/ssl/roots'), 'LAID');
  writeFileSync(join(root, 'run/new/beside'), '');
  placements.remove();
  expect(readFileSync(join(root, 'etc/ssl/roots'), 'utf8')).toBe('LAID');
  expect(readdirSync(join(root, 'run/new'))).toEqual(['beside']);
  expect(lstatSync(join(root, 'etc/ssl')).mtime).toEqual(before);
  expect(lstatSync(join(root, 'run/new')).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
});

test('a link of the step’s in the way leads nowhere', () => {
  const outside = join(scratch, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'roots'), 'the host’s');
  const placements = new Placements(root, join(scratch, 'aside'));
  placements.layFile(laid, always);
  rmSync(join(root, 'etc/ssl'), { recursive: true });
  symlinkSync(outside, join(root, 'etc/ssl'));
  placements.remove();
  expect(readFileSync(join(outside, 'roots'), 'utf8')).toBe('the host’s');
});

test('links of the image are followed inside of it alone', () => {
  symlinkSync('../../../../etc/ssl', join(root, 'certs'));
  const placements = new Placements(root, join(scratch, 'aside'));
  placements.layFile({ path: '/certs/new', content: 'x' }, always);
  expect(readFileSync(join(root, 'etc/ssl/new'), 'utf8')).toBe('x');
  placements.layFile({ path: '/certs/roots', content: 'x' }, { always: false });
  expect(readFileSync(join(root, 'etc/ssl/roots'), 'utf8')).toBe('own');
});
