import { describe, expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import type { Exchange, RecordedResponse } from '../exchange.ts';
import { go } from './index.ts';

const recognise = await go.recogniser({
  exchanges: [],
  readBody: () => Promise.reject(new Error('not read')),
});

function exchange(url: string, answer: Partial<RecordedResponse> = {}, method = 'GET'): Exchange {
  const body = { digest: sha256(url), size: 1 };
  return {
    key: { method, url, vary: {} },
    responses: [{ status: 200, headers: [], body, ...answer }],
  };
}

test.each([
  ['https://proxy.test/x.test/y/@v/v1.2.3.zip', 'x.test/y', 'v1.2.3'],
  ['https://proxy.test/git.test/%21burnt%21sushi/toml/@v/v1.3.2.zip', 'git.test/BurntSushi/toml', 'v1.3.2'],
  ['https://proxy.test/git.test/!azure/sdk/v2/@v/v2.0.0-!r!c1.zip', 'git.test/Azure/sdk/v2', 'v2.0.0-RC1'],
  [
    'https://proxy.test/git.test/docker/cli/@v/v24.0.7+incompatible.zip',
    'git.test/docker/cli',
    'v24.0.7+incompatible',
  ],
  [
    'https://proxy.test/git.test/docker/cli/@v/v24.0.7%2Bincompatible.zip',
    'git.test/docker/cli',
    'v24.0.7+incompatible',
  ],
  [
    'https://proxy.test/x.test/e/@v/v0.0.0-20191109021931-daa7c04131f5.zip',
    'x.test/e',
    'v0.0.0-20191109021931-daa7c04131f5',
  ],
  [
    'https://proxy.test/golang.org/toolchain/@v/v0.0.1-go1.22.0.linux-amd64.zip',
    'golang.org/toolchain',
    'v0.0.1-go1.22.0.linux-amd64',
  ],
  ['https://corp.test/Artifactory/api/go/all/x.test/y/@v/v1.0.0.zip', 'x.test/y', 'v1.0.0'],
  ['https://proxy.test/team/lib/@v/v1.0.0.zip', 'team/lib', 'v1.0.0'],
])('%s is a module', (url, name, version) => {
  expect(recognise(exchange(url))).toEqual({ class: 'artefact', name, version });
});

test.each([
  'https://proxy.test/x.test/y/@v/list',
  'https://proxy.test/x.test/y/@latest',
  'https://proxy.test/x.test/%21y/@v/v1.2.3.info',
  'https://proxy.test/x.test/y/@v/v1.2.3.mod',
  'https://proxy.test/x.test/y/@v/main.info',
  'https://proxy.test/x.test/y/@v/v1.info',
  'https://proxy.test/sumdb/sum.test/supported',
  'https://proxy.test/sumdb/sum.test/latest',
  'https://proxy.test/sumdb/sum.test/lookup/x.test/!y@v1.2.3',
  'https://proxy.test/sumdb/sum.test/tile/8/0/x123/456',
  'https://proxy.test/sumdb/sum.test/tile/8/1/234.p/12',
  'https://sum.test/lookup/x.test/y@v0.0.0-20191109021931-daa7c04131f5',
  'https://sum.test/tile/8/data/x012/345',
])('%s is index', url => {
  expect(recognise(exchange(url))).toEqual({ class: 'index' });
});

describe('a module that is not given is no artefact', () => {
  const url = 'https://proxy.test/x.test/y/@v/v1.2.3.zip';
  test.each([404, 410, 302])('status %d', status => {
    expect(recognise(exchange(url, { status }))).toEqual({ class: 'index' });
  });
  test('no body', () => {
    expect(recognise(exchange(url, { body: undefined }))).toEqual({ class: 'index' });
  });
});

test.each([
  'https://files.test/a.zip',
  'https://files.test/x.test/y/v1.2.3.zip',
  'https://files.test/latest',
  'https://files.test/tile/8/0/12',
  'https://proxy.test/@v/list',
  'https://proxy.test//@v/v1.0.0.zip',
  'https://proxy.test/x.test//y/@v/v1.0.0.zip',
  'https://proxy.test/x.test/%2e%2e/y/@v/a/v1.0.0.zip',
  'https://proxy.test/x.test%2F..%2Fy/@v/v1.0.0.zip',
  'https://proxy.test/x.test/Y/@v/v1.0.0.zip',
  'https://proxy.test/x.test/y!/@v/v1.0.0.zip',
  'https://proxy.test/x.test/y/@v/.zip',
  'https://proxy.test/x.test/y/@v/main.zip',
  'https://proxy.test/x.test/y/@v/v1.0.zip',
  'https://proxy.test/x.test/y/@v/v01.0.0.zip',
  'https://proxy.test/x.test/y/@v/v1.0.0%0a.zip',
  'https://proxy.test/x.test/%E0%A4%A/@v/v1.0.0.zip',
  'https://proxy.test/x.test/%zz/@v/list',
  'not a url',
  '',
])('%j is not of this kind', url => expect(recognise(exchange(url))).toBeUndefined());

test('nothing is sent to a proxy', () => {
  expect(recognise(exchange('https://proxy.test/x.test/y/@v/list', {}, 'POST'))).toBeUndefined();
});
