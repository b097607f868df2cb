import { expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { sourcePolicy } from './index.ts';
import { aFile, hex, requestFor, type Took } from './testing.ts';

const digest = sha256('index');

const image = (reference: string): Took => ({
  section: 'image',
  line: { reference, platform: 'linux/amd64', index: digest, manifest: digest, config: digest, diffIds: [] },
});

it('is what BuildKit reads: a rule for each source that the lock holds', async () => {
  const text = `FROM debian:12 AS a
FROM debian:12@${digest} AS b
FROM unknown:1
COPY --from=ghcr.io/x/y /a /b
ADD https://x.test/f?a=b /
ADD https://x.test/r.git#v1:docs /r
`;
  const git: Took = {
    section: 'git',
    line: {
      url: 'https://x.test/r.git',
      commit: 'c'.repeat(40),
      ref: 'refs/tags/v1',
      size: 1,
      sha256: hex('p'),
    },
  };
  const others = [image('debian:12'), image('ghcr.io/x/y:latest'), aFile('https://x.test/f?a=b', 'f'), git];
  const { version, rules } = await sourcePolicy(requestFor(text, [], { others }));
  expect(version).toBe(1);
  expect(rules.map(({ action, selector }) => `${action} ${selector.match_type}`)).toEqual(
    Array(4).fill('CONVERT EXACT'),
  );
  expect(Object.fromEntries(rules.map(({ selector, updates }) => [selector.identifier, updates]))).toEqual({
    'docker-image://docker.io/library/debian:12': {
      identifier: `docker-image://docker.io/library/debian:12@${digest}`,
    },
    'docker-image://ghcr.io/x/y:latest': { identifier: `docker-image://ghcr.io/x/y:latest@${digest}` },
    'git://x.test/r.git#v1:docs': { identifier: `git://x.test/r.git#${'c'.repeat(40)}:docs` },
    'https://x.test/f?a=b': { attrs: { 'http.checksum': `sha256:${hex('f')}` } },
  });
});
