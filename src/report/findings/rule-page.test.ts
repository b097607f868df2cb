import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rules } from '../../check/index.ts';
import { ruleIndex, rulePage } from './index.ts';

const place = join(import.meta.dirname, '../../../docs/rules');

it('docs/rules holds the pages of all rules, as `node scripts/rule-pages.js` writes them', () => {
  const expected = new Map(rules.map(rule => [`${rule.id}.md`, rulePage(rule)]));
  expected.set('README.md', ruleIndex(rules));
  expect(readdirSync(place).toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [name, page] of expected) expect(readFileSync(join(place, name), 'utf8')).toBe(page);
});
