import { expect, test } from 'vitest';
import { gitAuthorization } from './git-credentials.ts';

const remote = 'https://git.test:8443/a.git';
const given = (secrets: Readonly<Record<string, string>>) =>
  gitAuthorization(remote, id => (secrets[id] === undefined ? undefined : Buffer.from(secrets[id])));

test.each([
  [{}, undefined],
  [{ GIT_AUTH_TOKEN: 'abc\n' }, `basic ${btoa('x-access-token:abc')}`],
  [{ GIT_AUTH_TOKEN: 'abc', 'GIT_AUTH_TOKEN.git.test:8443': 'own' }, `basic ${btoa('x-access-token:own')}`],
  [{ GIT_AUTH_TOKEN: 'abc', 'GIT_AUTH_TOKEN.other.test': 'other' }, `basic ${btoa('x-access-token:abc')}`],
  [{ GIT_AUTH_HEADER: 'bearer abc', GIT_AUTH_TOKEN: 'x' }, 'bearer abc'],
  [{ GIT_AUTH_HEADER: 'bearer a\r\nX-Other: b' }, 'bearer a'],
  [{ GIT_AUTH_TOKEN: ' \n' }, undefined],
])('%j', (secrets, expected) => {
  expect(given(secrets)).toBe(expected);
});
