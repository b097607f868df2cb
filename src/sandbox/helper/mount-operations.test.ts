import { expect, test } from 'vitest';
import { mountOperations } from './mount-operations.ts';

const [readOnly, nosuid, nodev, bind, withSubmounts, remount] = [1, 2, 4, 0x1000, 0x4000, 0x20];

test('a file system takes flags and its own options in one call', () => {
  const options = ['nosuid', 'nodev', 'mode=755', 'size=64k'];
  expect(mountOperations([{ source: 'tmpfs', target: '/dev', type: 'tmpfs', options }])).toEqual([
    ['mount', 'tmpfs', '/dev', 'tmpfs', String(nosuid + nodev), 'mode=755,size=64k'],
  ]);
});

test('a bind mount takes its flags in a second call', () => {
  const call = (options: string[]) =>
    mountOperations([{ source: '/a', target: '/b', type: 'none', options }]).map(words => Number(words[4]));
  expect(call(['bind'])).toEqual([bind]);
  expect(call(['rbind'])).toEqual([bind + withSubmounts]);
  expect(call(['bind', 'ro', 'nodev'])).toEqual([bind, bind + remount + readOnly + nodev]);
});
