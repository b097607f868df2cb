import { expect, test } from 'vitest';
import { buildArguments, buildContext, hostAddress, label } from './pairs.ts';

test('a build argument without a value has that of the environment, or is not given', () => {
  expect(buildArguments(['A=1', 'B=', 'C', 'D', 'A=2=3'], { C: 'c' })).toEqual({ A: '2=3', B: '', C: 'c' });
  for (const text of ['', '=1']) expect(() => buildArguments([text], {})).toThrow('is not a build argument');
});

test('a label without a value has the empty one; a context needs one', () => {
  expect([label('a=b=c'), label('a')]).toEqual([
    ['a', 'b=c'],
    ['a', ''],
  ]);
  expect(() => label('=b')).toThrow('is not a label');
  expect(buildContext('a=docker-image://b')).toEqual(['a', 'docker-image://b']);
  for (const text of ['a', 'a=', '=b', '']) expect(() => buildContext(text)).toThrow('is not a context');
});

test('a host has an address in numbers, or that of this machine', () => {
  expect(['a:1.2.3.4', 'a=::1', 'a:[::1]', 'a:host-gateway'].map(hostAddress)).toEqual([
    ['a', '1.2.3.4'],
    ['a', '::1'],
    ['a', '::1'],
    ['a', '127.0.0.1'],
  ]);
  for (const text of ['a', 'a:b', ':1.2.3.4', 'a:1.2.3'])
    expect(() => hostAddress(text)).toThrow('is not a host and its address');
});
