// Parses a Packages index and holds all of it against a tracker's JSON: `node bench/debian-index.ts INDEX TRACKER`.
import { readFileSync } from 'node:fs';
import { advisoriesOn } from '../src/advisories/index.ts';
import { debianTracker } from '../src/advisories/debian-tracker.ts';
import { parsePackages } from '../src/kinds/apt/packages.ts';
import { sourceOf } from '../src/kinds/apt/installed.ts';

const [index = '', tracker = ''] = process.argv.slice(2);
const start = performance.now();
const packages = parsePackages(readFileSync(index), index);
const parsed = performance.now();
const judge = { feeds: [debianTracker('tracker', readFileSync(tracker))], vex: [] };
const distribution = { id: 'debian', version: '12', codename: 'bookworm' };
let found = 0;
for (const record of packages) {
  const { name, version } = record;
  const source = sourceOf(record.field('Source'), version);
  found += advisoriesOn({ kind: 'apt', name, version, source, distribution }, judge).length;
}
const texts = [parsed - start, performance.now() - parsed].map(time => time.toFixed(0));
console.log(
  `${packages.length} packages, ${found} advisories: parsed in ${texts[0]} ms, matched in ${texts[1]} ms`,
);
