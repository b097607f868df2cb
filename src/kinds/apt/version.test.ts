import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion, versionSatisfies } from './version.ts';

describe('parseVersion', () => {
  it.each([
    ['1.0', { epoch: 0, upstream: '1.0', revision: '' }],
    ['2:1.0-rc-3', { epoch: 2, upstream: '1.0-rc', revision: '3' }],
    ['1:2:3-4', { epoch: 1, upstream: '2:3', revision: '4' }],
  ])('splits %s at the first colon and the last hyphen', (text, parts) => {
    expect(parseVersion(text)).toEqual(parts);
  });
});

describe('compareVersions', () => {
  it('puts a tilde before the end, and numbers in their own order', () => {
    const sorted = [
      '1.0~~',
      '1.0~~a',
      '1.0~',
      '1.0',
      '1.0-1',
      '1.0-1+b2',
      '1.0-1+b10',
      '1.0a',
      '1.0+x',
      '1.0.1',
      '1.10',
      '1:0',
    ];
    expect(sorted.toReversed().toSorted(compareVersions)).toEqual(sorted);
  });

  it('compares numbers longer than any machine word', () => {
    expect(compareVersions('99999999999999999999998', '99999999999999999999999')).toBeLessThan(0);
    expect(compareVersions('0099999999999999999999999', '99999999999999999999999')).toBe(0);
  });

  it('takes an absent revision as 0', () => {
    expect(compareVersions('1.0', '1.0-0')).toBe(0);
    expect(versionSatisfies('1.0', '<<', '1.0-1')).toBe(true);
  });
});

const dpkg = spawnSync('dpkg', ['--version']).status === 0;
if (!dpkg) console.log('skipped: version order against dpkg, which this machine does not have');

describe.skipIf(!dpkg)('the order is that of dpkg', () => {
  // Few characters, so that long common beginnings, and differences in one place, are frequent.
  const letters = ['0', '1', '9', 'a', 'b', 'Z', '.', '+', '~'];
  const run = fc.string({ unit: fc.constantFrom('0', '0', '1', '9'), minLength: 8, maxLength: 40 });
  const piece = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...letters) },
    { weight: 1, arbitrary: run },
  );
  const pieces = (extra: readonly string[]) =>
    fc
      .array(
        fc.oneof(
          { weight: 12, arbitrary: piece },
          { weight: extra.length, arbitrary: fc.constantFrom('', ...extra) },
        ),
        { maxLength: 6 },
      )
      .map(parts => parts.join(''));
  const epoch = fc.constantFrom('', '', '', '0:', '1:', '01:', '10:', '2147483647:');
  // A colon in the upstream part needs an epoch before it, a hyphen there a revision after it.
  const version = fc
    .tuple(epoch, pieces([]), pieces([':', '-']), fc.option(pieces([])))
    .map(([number, plain, mixed, revision]) => {
      const colonFree = number === '' ? mixed.replaceAll(':', '') : mixed;
      const upstream = `0${plain}${revision === null ? colonFree.replaceAll('-', '') : colonFree}`;
      return `${number}${upstream}${revision === null ? '' : `-${revision || '0'}`}`;
    });
  // A pair that differs in one place tells more than two that have nothing in common.
  const pair = fc.oneof(
    fc.tuple(version, version),
    fc.tuple(version, pieces([])).map(([text, more]): [string, string] => [text, text + more]),
    fc
      .tuple(version, fc.nat(), piece)
      .map(([text, n, other]): [string, string] => [text, changedInOnePlace(text, n, other)]),
  );

  it('for thousands of random pairs', () => {
    const pairs = fc.sample(pair, 2500).map(([a, b]) => [a, operator(compareVersions(a, b)), b]);
    // One shell asks for all: whatever it prints, dpkg says otherwise.
    const script =
      'while read -r a op b; do dpkg --compare-versions "$a" "$op" "$b" || echo "$a $op $b"; done; echo end';
    const input = pairs.map(words => `${words.join(' ')}\n`).join('');
    const judged = spawnSync('sh', ['-c', script], { input, encoding: 'utf8' });
    expect(judged.stderr).toBe('');
    expect(judged.stdout).toBe('end\n');
    expect(new Set(pairs.map(words => words[1]))).toEqual(new Set(['lt', 'eq', 'gt']));
    for (const kind of [/^\d+:/, /~/, /[a-zA-Z]/, /\d{20}/, /-/, /:.*:/, /-.*-/])
      expect(pairs.some(([a = '']) => kind.test(a))).toBe(true);
  });
});

/**
 * Behind its first digit after the epoch, so that it stays a version. A hyphen stays: without the last one, what was
 * upstream's would belong to the revision, which takes no colon.
 */
function changedInOnePlace(text: string, n: number, other: string): string {
  const start = text.indexOf(':') + 2;
  const at = start + (n % (text.length - start + 1));
  return text.slice(0, at) + other + text.slice(text[at] === '-' ? at : at + 1);
}

function operator(order: number): 'lt' | 'eq' | 'gt' {
  if (order === 0) return 'eq';
  return order < 0 ? 'lt' : 'gt';
}

describe('every set of versions', () => {
  const text = fc.string({ unit: fc.constantFrom('0', '1', 'a', '.', '~', '-', ':', '+'), maxLength: 8 });

  it('has one order', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
