import { expect, test } from 'vitest';
import { rootOfTexts } from '../testing.ts';
import { composer } from './index.ts';

function installed(files: Record<string, unknown>) {
  return composer.installed?.(rootOfTexts(files));
}

function unpacked(name: string, version: string, more: object = {}) {
  return { name, version, 'installation-source': 'dist', dist: { type: 'zip' }, ...more };
}

test('composer says itself what it has unpacked, in either form of the file', () => {
  const packages = [
    unpacked('monolog/monolog', '3.5.0'),
    unpacked('v/from-git', 'dev-main', { 'installation-source': 'source' }),
    unpacked('v/from-path', '1.0', { dist: { type: 'path' } }),
    { name: 'v/meta', version: '1.0' },
  ];
  expect(
    installed({
      'app/vendor/composer/installed.json': { packages, dev: true },
      'var/www/html/vendor/composer/installed.json': [unpacked('psr/log', 'v3.0.0')],
    }),
  ).toEqual([
    { name: 'monolog/monolog', version: '3.5.0', from: 'app/vendor/composer/installed.json' },
    { name: 'psr/log', version: 'v3.0.0', from: 'var/www/html/vendor/composer/installed.json' },
  ]);
});

test.each([null, {}, [], [1], { packages: 'x' }, [{ name: 1, version: '1' }], [unpacked('no slash', '1')]])(
  '%j tells nothing',
  file => expect(installed({ 'srv/shop/vendor/composer/installed.json': file })).toEqual([]),
);
