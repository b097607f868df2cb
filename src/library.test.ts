import { expect, it } from 'vitest';
import { check, fix, HoldfastError, parse, rules } from './library.ts';

it('parses, checks and fixes a text', () => {
  const text = 'FROM --platform=$TARGETPLATFORM debian\nUSER root\n';
  expect(parse(text).stages[0]?.base).toMatchObject({ text: 'debian', range: { line: 1, column: 33 } });
  expect(check(text, { profile: 'secure' }).findings.map(({ rule }) => rule)).toEqual([
    'image-digest',
    'user-root',
  ]);
  expect(check(text, { profile: 'secure', severity: { 'user-root': 'off' } }).findings).toHaveLength(1);
  expect(fix(text)).toMatchObject({
    text: 'FROM debian\nUSER root\n',
    fixed: [{ rule: 'platform-redundant' }],
  });
  expect(rules.map(({ id }) => id)).toContain('user-root');
});

it('tells why a text is none', () => {
  expect(() => parse('FROM\n')).toThrow(HoldfastError);
  expect(check('FROM\n')).toMatchObject({ findings: [], unread: [{ range: { line: 1 } }] });
});
