import { expect, test } from 'vitest';
import type { InstalledPackage, KindName } from '../kinds/index.ts';
import { checkInstalled, installedError } from './installed.ts';

const from = 'var/lib/rpm/rpmdb.sqlite';
const line = (section: KindName, name: string, version: string) => ({ section, line: { name, version } });
const installed = (kind: KindName, ...packages: readonly InstalledPackage[]) => new Map([[kind, packages]]);

test('a system package in a version that the lock does not have is a contradiction, what it does not name is not', () => {
  const kelp = { name: 'kelp', version: '1.0-1', from };
  const other = { name: 'made-here', version: '1.0-1', from };
  const check = checkInstalled(installed('rpm', kelp, other), [
    line('rpm', 'kelp', '1.1-1'),
    line('apt', 'kelp', '1.0-1'),
  ]);
  expect(check).toEqual({
    contradictions: [{ kind: 'rpm', installed: kelp, locked: ['1.1-1'] }],
    unaccounted: [{ ...other, kind: 'rpm' }],
  });
  expect(installedError(check)).toMatchObject({ code: 'INSTALLED_DIFFERS', exit: 1 });
  expect(checkInstalled(installed('npm', kelp), [line('npm', 'kelp', '1.1-1')]).contradictions).toEqual([]);
});

test('one whose file’s name says less than its version is known by either', () => {
  const kelp = { name: 'kelp', version: '2:1.0-1', fileVersion: '1.0-1', from };
  for (const version of ['2:1.0-1', '1.0-1'])
    expect(checkInstalled(installed('rpm', kelp), [line('rpm', 'kelp', version)])).toEqual({
      contradictions: [],
      unaccounted: [],
    });
  const wrong = checkInstalled(installed('rpm', kelp), [line('rpm', 'kelp', '3:1.0-1')]);
  expect(wrong.contradictions).toHaveLength(1);
});
