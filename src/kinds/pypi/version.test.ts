import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPip } from '../../../testkit/pypi/index.ts';
import { normalVersion } from './version.ts';

test.each([
  ['1.0', '1.0'],
  ['v1.01', '1.1'],
  ['1.0.ALPHA.1', '1.0a1'],
  ['1.0-preview', '1.0rc0'],
  ['1.0-1', '1.0.post1'],
  ['1!2.0_rev3.dev04', '1!2.0.post3.dev4'],
  ['0!1.0', '1.0'],
  ['1.0+Ubuntu-01', '1.0+ubuntu.1'],
  ['20240101000000000000000001', '20240101000000000000000001'],
  ['2004b-2', '2004b2'],
  ['1.0-final', undefined],
  ['', undefined],
  ['1.0 ; x', undefined],
])('%s is %s', (text, normal) => expect(normalVersion(text)).toBe(normal));

const pip = await findPip();
if (pip === undefined) console.log('skipped: versions against packaging, which comes with pip');

test.skipIf(pip === undefined)('agrees with packaging on any text like a version', () => {
  const pieces = '0 1 07 12 . - _ + ! v a b c rc alpha BETA pre preview post rev r dev x Z9 1.0 2!'.split(
    ' ',
  );
  const piece = fc.constantFrom(...pieces);
  const texts = fc.sample(fc.array(piece, { minLength: 1, maxLength: 8 }), 4000).map(parts => parts.join(''));
  const script = [
    'import json, sys',
    'from pip._vendor.packaging.version import Version, InvalidVersion',
    'def normal(text):',
    '    try: return str(Version(text))',
    '    except InvalidVersion: return None',
    'print(json.dumps([normal(text) for text in json.load(sys.stdin)]))',
  ].join('\n');
  const output = execFileSync(pip?.python ?? '', ['-c', script], { input: JSON.stringify(texts) });
  const expected = JSON.parse(output.toString()) as (string | null)[];
  expect(expected.filter(one => one !== null).length).toBeGreaterThan(100);
  expect(texts.map(text => [text, normalVersion(text) ?? null])).toEqual(
    texts.map((text, n) => [text, expected[n]]),
  );
});
