import { expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

test.each([
  [
    'Bearer realm="https://auth.example.org/token",service="r.example.org",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.example.org/token',
          service: 'r.example.org',
          scope: 'repository:a/b:pull,push',
        },
      },
    ],
  ],
  ['Basic realm="Registry Realm"', [{ scheme: 'basic', parameters: { realm: 'Registry Realm' } }]],
  ['BASIC', [{ scheme: 'basic', parameters: {} }]],
  [
    'Negotiate, Basic realm="a, \\"b\\"" , Bearer realm=x , service = y',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'a, "b"' } },
      { scheme: 'bearer', parameters: { realm: 'x', service: 'y' } },
    ],
  ],
  ['', []],
  ['realm="alone"', []],
  ['"', []],
])('%s', (field, challenges) => {
  expect(parseChallenges(field)).toEqual(challenges);
});
