import { expect, test } from 'vitest';
import { buildArguments, buildContext, label } from './pairs.ts';

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
