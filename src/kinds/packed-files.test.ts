import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packageTarball } from '../../testkit/npm/index.ts';
import { changelogSections, namesRelease } from './changelog.ts';
import { packageTexts } from './npm/texts.ts';
import { zipFiles } from './packed-files.ts';
import { distributionTexts } from './pypi/texts.ts';

/** One deflated file in a zip. */
function zipWith(path: string, text: string): Buffer {
  const content = deflateRawSync(text);
  const name = Buffer.from(path);
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(text), 10);
  facts.writeUInt32LE(content.length, 14);
  facts.writeUInt32LE(text.length, 18);
  facts.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), facts, name, content]);
  const directory = Buffer.concat([
    Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'),
    facts,
    Buffer.alloc(14),
    name,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

describe('a zip', () => {
  test('gives what is asked for', () => {
    const zip = zipWith('demo.pth', 'import demo\n');
    expect(
      zipFiles(zip, path => path === 'demo.pth')
        .get('demo.pth')
        ?.toString(),
    ).toBe('import demo\n');
    expect(zipFiles(zip, () => false).size).toBe(0);
  });

  test('that is cut off or altered anywhere gives less, and never throws', () => {
    const zip = zipWith('demo.pth', 'import demo\n'.repeat(50));
    for (let at = 0; at < zip.length; at++) {
      expect(zipFiles(zip.subarray(0, at), () => true).size).toBe(0);
      const altered = Buffer.from(zip);
      altered[at] = 0xff;
      zipFiles(altered, () => true);
    }
  });
});

test('a wheel tells what Python would run at each start', async () => {
  const texts = await distributionTexts(
    zipWith('demo.pth', 'import demo\n'),
    'http://pypi.test/demo-1-py3-none-any.whl',
  );
  expect(texts).toEqual({ changelog: [], scripts: { 'demo.pth': 'import demo\n' } });
});

test('an npm package tells what is run when it is installed', async () => {
  const tarball = packageTarball({
    name: 'demo',
    version: '1.1.0',
    manifest: { scripts: { postinstall: 'node x.js', test: 'no', install: 7 } },
    files: {
      'CHANGELOG.md': '# Changes\n\n## 1.1.0\n\n- one\n\n## 1.0.0\n\n- none\n',
      'lib/CHANGELOG.md': '## 9.9.9',
    },
  });
  const { changelog, scripts } = await packageTexts(tarball);
  expect(scripts).toEqual({ postinstall: 'node x.js' });
  expect(changelog.map(({ heading }) => heading)).toEqual(['## 1.1.0', '## 1.0.0']);
  const native = packageTarball({ name: 'demo', version: '1.0.0', files: { 'binding.gyp': '{}' } });
  expect((await packageTexts(native)).scripts).toEqual({ install: 'node-gyp rebuild' });
});

test.each([
  ['## [1.2.3] - 2026-01-01', true],
  ['# Version 1.2', true],
  ['1.2.3 (2026-01-01)', true],
  ['v1.2.3', true],
  ['Version 2.0', true],
  ['- needs 1.2 now', false],
  ['## Unreleased', false],
  [`## ${'1.2 '.repeat(100)}`, false],
])('%j is the heading of a release: %s', (line, is) => {
  expect(namesRelease(line)).toBe(is);
  expect(changelogSections(line, namesRelease)).toHaveLength(is ? 1 : 0);
});
