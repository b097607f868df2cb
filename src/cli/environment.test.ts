import { expect, test } from 'vitest';
import { defaultProgress, isolationFor, progressMode } from './environment.ts';

test('progress by Docker’s names; a variable that says something else is passed over', () => {
  expect(['plain', 'none', 'quiet'].map(progressMode)).toEqual(['plain', 'quiet', 'quiet']);
  expect(() => progressMode('rawjson')).toThrow('no way to show progress');
  const variables = ['tty', 'none', 'rawjson', undefined];
  expect(variables.map(text => defaultProgress({ BUILDKIT_PROGRESS: text }))).toEqual([
    'tty',
    'quiet',
    'auto',
    'auto',
  ]);
});

test('the strongest isolation by Docker’s and buildah’s names', () => {
  const kinds = ['default', 'oci', 'rootless', 'chroot'].map(isolation => isolationFor({ isolation }, {}));
  expect(kinds).toEqual(['namespaces', 'namespaces', 'namespaces', 'chroot']);
  expect(() => isolationFor({ isolation: 'hyperv' }, {})).toThrow('no kind of isolation');
});
