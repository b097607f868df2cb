// Writes docs/rules from the rules themselves: `node scripts/rule-pages.js`. A unit test holds the pages to them.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../src/check/index.ts';
import { ruleIndex, rulePage } from '../src/report/findings/index.ts';

const place = join(import.meta.dirname, '..', 'docs', 'rules');
mkdirSync(place, { recursive: true });
for (const name of readdirSync(place)) rmSync(join(place, name));
for (const rule of rules) writeFileSync(join(place, `${rule.id}.md`), rulePage(rule));
writeFileSync(join(place, 'README.md'), ruleIndex(rules));
