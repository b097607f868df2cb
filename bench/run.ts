// Measures Holdfast beside its peers, in turn, in one run. `npm run bench -- PART` runs one part: `replay`, `scale`, `build`, `steps`, `check`, `copy`, `diff` or `outdated`;
// `npm run bench -- steps:PART` one of the parts of `steps`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchBuild } from './build.ts';
import { benchCheck } from './check.ts';
import { benchCopy } from './copy.ts';
import { benchDiff } from './diff.ts';
import { benchOutdated } from './outdated.ts';
import { benchReplay } from './replay.ts';
import { benchScale } from './scale.ts';
import { benchSteps, stepParts } from './steps.ts';

const parts = process.argv.slice(2);
const wanted = (part: string) => parts.length === 0 || parts.includes(part);
const place = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
try {
  if (wanted('replay')) for (const text of await benchReplay(place, 3)) console.log(text);
  if (wanted('scale')) for await (const text of benchScale(place, 3)) console.log(text);
  if (wanted('build')) for (const text of benchBuild(place, 2)) console.log(text);
  if (wanted('check')) for (const text of benchCheck(place, 5)) console.log(text);
  if (wanted('copy')) for await (const text of benchCopy(place, 3)) console.log(text);
  if (wanted('diff')) for (const text of benchDiff(place, 1)) console.log(text);
  if (wanted('outdated')) for await (const text of benchOutdated(place, 3)) console.log(text);
  const steps = stepParts.filter(part => wanted('steps') || parts.includes(`steps:${part}`));
  if (steps.length > 0) for (const text of benchSteps(place, 2, steps)) console.log(text);
} finally {
  // buildah leaves it mounted.
  spawnSync('umount', ['--lazy', join(place, 'buildah', 'overlay')]);
  rmSync(place, { recursive: true, force: true });
}
