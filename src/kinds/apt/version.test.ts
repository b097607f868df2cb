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
  const part = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'Z', '.', '+', '~'), maxLength: 6 });
  const version = fc
    .tuple(fc.constantFrom('', '', '0:', '1:'), part, fc.option(part.map(text => text || '0')))
    .map(([epoch, upstream, revision]) => `${epoch}0${upstream}${revision === null ? '' : `-${revision}`}`);
  // A pair that differs in one place tells more than two that have nothing in common.
  const pair = fc.oneof(
    fc.tuple(version, version),
    fc.tuple(version, part).map(([text, more]): [string, string] => [text, text + more]),
  );

  it('for thousands of random pairs', () => {
    const pairs = fc
      .sample(pair, 2000)
      .map(([a, b]) => ({ a, b, operator: operator(compareVersions(a, b)) }));
    // One shell asks for all: whatever it prints, dpkg says otherwise.
    const script = pairs.map(
      ({ a, b, operator }) =>
        `dpkg --compare-versions '${a}' ${operator} '${b}' || echo '${a} ${operator} ${b}'`,
    );
    const judged = spawnSync('sh', { input: `${script.join('\n')}\necho end`, encoding: 'utf8' });
    expect(judged.stdout).toBe('end\n');
    expect(new Set(pairs.map(({ operator }) => operator))).toEqual(new Set(['lt', 'eq', 'gt']));
  });
});

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
