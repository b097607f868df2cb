import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { activeHolds, withHold, withoutHold } from './holds.ts';

const flask = { name: 'flask', until: '2026-12-31', why: 'templates: broken' };
const react = { name: '@scope/react', until: '2026-11-30', why: 'waits for "x"' };

test.each([
  ['', 'nothing'],
  ['remote: oci:shared # here', 'no line end'],
  ['# first\nremote: oci:shared\n\n# last\n', 'comments'],
  ['hold:\n- name: a\n  until: 2026-01-01\n  why: b\nremote: oci:shared\n', 'a list that is not indented'],
  [
    'hold:\n    - {name: a, until: 2026-01-01, why: b} # kept\n\n# more\nremote: oci:shared\n',
    'flow entries',
  ],
])('%j keeps its bytes', text => {
  const one = withHold(text, flask);
  const two = withHold(one, react);
  const holds = (parse(two) as { hold: { name: string }[] }).hold;
  expect(holds.slice(-2)).toEqual([flask, react]);
  for (const line of text.split('\n')) expect(two.split('\n')).toContain(line);
  expect(withoutHold(withoutHold(two, 'flask'), '@scope/react').trimEnd()).toBe(text.trimEnd());
});

test('a hold of the same name is replaced', () => {
  const later = { ...flask, until: '2027-01-31' };
  expect(parse(withHold(withHold('', flask), later))).toEqual({ hold: [later] });
});

test('a list in another form is left alone', () => {
  expect(() => withHold('hold: [{name: a, until: 2026-01-01, why: b}]\n', flask)).toThrow(
    expect.objectContaining({ code: 'HOLD_NOT_WRITTEN' }),
  );
});

test('a hold counts until the end of its day', () => {
  expect(activeHolds([flask, react], '2026-11-30T23:59:59Z')).toEqual([flask, react]);
  expect(activeHolds([flask, react], '2026-12-01T00:00:00Z')).toEqual([flask]);
});
