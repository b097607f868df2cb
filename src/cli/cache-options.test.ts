import { expect, test } from 'vitest';
import { cachesFrom } from './cache-options.ts';

test('places as buildx names them; those of its own are passed over by name', () => {
  const { from, to, others } = cachesFrom({
    cacheFrom: ['a.test/x', 'type=local,"src=a,b"', 'type=gha,scope=main'],
    cacheTo: ['type=registry,ref=a.test/x:1,mode=max,ignore-error=true', 'type=inline'],
  });
  expect(from.map(({ kind }) => kind)).toEqual(['docker', 'oci']);
  expect(from[1]).toMatchObject({ directory: 'a,b' });
  expect(to).toMatchObject([{ all: true, ignoresErrors: true }]);
  expect(others).toEqual(['--cache-from type=gha,scope=main', '--cache-to type=inline']);
});

test.each([['type=cloud'], ['type=registry'], ['type=local,src=x,mode=other']])('%s is refused', text => {
  expect(() => cachesFrom({ cacheTo: [text] })).toThrow('no place for results of steps');
});
