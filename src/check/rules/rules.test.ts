import { describe, expect, it } from 'vitest';
import { checkText, defaultSettings, rules } from '../index.ts';

const context = { hasFile: () => false };

function found(text: string): string[] {
  const { findings, unread } = checkText(text, 'Dockerfile', defaultSettings, context);
  expect(unread).toEqual([]);
  return findings.map(({ rule }) => rule);
}

describe('the examples of each rule', () => {
  it.each(rules.map(rule => [rule.id, rule] as const))('%s', (id, { bad, good }) => {
    expect(found(bad)).toContain(id);
    expect(found(good)).not.toContain(id);
  });

  it.each(rules.map(rule => [rule.id, rule] as const))('%s in ONBUILD', (id, { bad }) => {
    const [first = '', ...rest] = bad.trimEnd().split('\n');
    const last = rest.at(-1);
    if (last === undefined || !/^(RUN|ADD|ENV|ARG) /.test(last) || id === 'local-script') return;
    expect(found([first, ...rest.slice(0, -1), `ONBUILD ${last}`, ''].join('\n'))).toContain(id);
  });

  it('have ids of their own', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });
});
