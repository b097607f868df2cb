import { expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import { npm } from './index.ts';

const recognise = await npm.recogniser({
  exchanges: [],
  readBody: () => Promise.reject(new Error('not read')),
});

function exchange(
  url: string,
  contentType = 'application/octet-stream',
  vary: Record<string, string> = {},
): Exchange {
  const body = { digest: sha256(url), size: 1 };
  return {
    key: { method: 'GET', url, vary },
    responses: [{ status: 200, headers: [['content-type', contentType]], body }],
  };
}

test.each([
  ['https://npm.test/express/-/express-4.18.2.tgz', 'express', '4.18.2'],
  ['https://npm.test/@babel/core/-/core-7.0.0-beta.1.tgz', '@babel/core', '7.0.0-beta.1'],
  ['https://npm.test/@babel%2fcore/-/core-7.0.0.tgz', '@babel/core', '7.0.0'],
  ['https://corp.test/api/npm/mirror/@types/node/-/@types/node-22.1.0.tgz', '@types/node', '22.1.0'],
])('%s is a package', (url, name, version) => {
  expect(recognise(exchange(url))).toEqual({ class: 'artefact', name, version });
});

test('a packument is an index, whichever side says so', async () => {
  const type = 'application/vnd.npm.install-v1+json';
  expect(recognise(exchange('https://npm.test/express', type))).toEqual({
    class: 'index',
  });
  const asked = exchange(
    'https://npm.test/express',
    'application/json',
    npm.vary?.({ accept: `${type}; q=1.0, */*` }),
  );
  expect(recognise(asked)).toEqual({ class: 'index' });
});

test.each(['https://files.test/a.tgz', 'https://files.test/x/-/y-1.tgz', 'https://files.test/%2F-/-.tgz'])(
  '%s is not of this kind',
  url => expect(recognise(exchange(url))).toBeUndefined(),
);
