import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookUpGroup, lookUpUser } from './users.ts';

let root: string;
let empty: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-users-'));
  mkdirSync(join(root, 'etc'));
  mkdirSync(join(root, 'usr/lib'), { recursive: true });
  // As some distributions have it; the link must not be followed on the host.
  symlinkSync('/usr/lib/passwd', join(root, 'etc/passwd'));
  const passwd = [
    'root:x:0:0:root:/root:/bin/sh',
    'broken',
    '',
    '# note',
    'app:x:1000:1001::/srv/app:/bin/sh',
    '99:x:5:6::/n:',
  ];
  writeFileSync(join(root, 'usr/lib/passwd'), passwd.join('\n'));
  writeFileSync(
    join(root, 'etc/group'),
    'root:x:0:\napp:x:1001:app\nvideo:x:44:x,app\nwheel:x:10:app,root\n',
  );
  empty = mkdtempSync(join(tmpdir(), 'holdfast-users-'));
});
afterAll(() => {
  for (const directory of [root, empty]) rmSync(directory, { recursive: true });
});

test.each([
  ['', 0, 0, [0, 10], '/root'],
  ['root', 0, 0, [0, 10], '/root'],
  ['app', 1000, 1001, [1001, 44, 10], '/srv/app'],
  ['1000', 1000, 1001, [1001, 44, 10], '/srv/app'],
  ['app:video', 1000, 44, [44], '/srv/app'],
  ['app:7', 1000, 7, [7], '/srv/app'],
  ['4000', 4000, 0, [0], '/'],
  ['4000:10', 4000, 10, [10], '/'],
  ['99', 5, 6, [6], '/n'],
])('USER %s', (text, uid, gid, groups, home) =>
  expect(lookUpUser(root, text)).toEqual({ uid, gid, groups, home }),
);

test('an image without files knows numbers only', () => {
  expect(lookUpUser(empty, '')).toEqual({ uid: 0, gid: 0, groups: [0], home: '/' });
  expect(lookUpUser(empty, '5:6')).toEqual({ uid: 5, gid: 6, groups: [6], home: '/' });
  expect(() => lookUpUser(empty, 'root')).toThrow(expect.objectContaining({ code: 'SANDBOX_USER_UNKNOWN' }));
});

test.each(['nobody', '-1', '2147483648', '0x10', ' 1'])('USER %j is unknown', text =>
  expect(() => lookUpUser(root, text)).toThrow(
    expect.objectContaining({ code: 'SANDBOX_USER_UNKNOWN', exit: 6 }),
  ),
);

test('groups', () => {
  expect(lookUpGroup(root, 'video')).toBe(44);
  expect(lookUpGroup(root, '12345')).toBe(12345);
  expect(() => lookUpUser(root, 'app:nope')).toThrow(
    expect.objectContaining({ code: 'SANDBOX_GROUP_UNKNOWN', exit: 6 }),
  );
});
