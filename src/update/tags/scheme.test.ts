import { expect, test } from 'vitest';
import { laterTags, tagScheme } from './scheme.ts';

test.each([
  ['3.11', ['3.9', '3.12', '3.12.1', '3.13', '3.14-slim', '3.14rc1', 'latest', '3'], ['3.13', '3.12']],
  [
    '3.11-slim-bookworm',
    ['3.12', '3.12-slim', '3.12-slim-bookworm', '3.12-slim-trixie'],
    ['3.12-slim-bookworm'],
  ],
  ['v1.9.0', ['1.10.0', 'v1.10.0', 'v1.9.1', 'v1.8.9'], ['v1.10.0', 'v1.9.1']],
  ['20', ['18', '22', '24', '20240101', '22.1'], ['24', '22']],
  ['22.04', ['24.04', '20.04', '2404', 'noble'], ['24.04']],
  ['bookworm', ['trixie', 'bullseye', 'noble', 'trixie-slim', 'sid'], ['trixie']],
  ['bookworm-slim', ['trixie', 'trixie-slim', 'trixie-20250101-slim'], ['trixie-slim']],
  ['jammy', ['noble', 'trixie', 'plucky'], ['noble']],
  [
    'bookworm-20240110',
    ['bookworm-20240201', 'trixie-20240301', 'bookworm-20240201-slim'],
    ['bookworm-20240201'],
  ],
  ['2024-01-31', ['20240301', '2024-02-29', '2024-13-01'], ['2024-02-29']],
  ['RELEASE.2024-01-31', ['RELEASE.2024-02-29'], []],
  ['1.2', ['2024.1', '1.3'], ['1.3']],
  ['2023.2', ['2024.1', '9.9'], ['2024.1']],
  ['1.2.3-debian-12-r4', ['1.2.4-debian-12-r4', '1.2.4-debian-12-r0'], ['1.2.4-debian-12-r4']],
  ['latest', ['1.0', '2.0'], []],
])('after %s', (current, tags, later) => {
  expect(laterTags(current, tags)).toEqual(later);
});

test('commits, branches and endless numbers are no versions', () => {
  for (const tag of ['1234567890', 'deadbeef', '12ab34f', 'main', 'stable-alpine', '9'.repeat(40)])
    expect(tagScheme(tag), tag).toBeUndefined();
});
