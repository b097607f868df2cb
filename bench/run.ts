// Measures Holdfast beside its peers, in turn, in one run. `npm run bench -- replay`, `scale` or `build` runs one part.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchBuild } from './build.ts';
import { benchReplay } from './replay.ts';
import { benchScale } from './scale.ts';

const parts = process.argv.slice(2);
const wanted = (part: string) => parts.length === 0 || parts.includes(part);
const place = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
try {
  if (wanted('replay')) for (const text of await benchReplay(place, 3)) console.log(text);
  if (wanted('scale')) for await (const text of benchScale(place, 3)) console.log(text);
  if (wanted('build')) for (const text of benchBuild(place, 2)) console.log(text);
} finally {
  rmSync(place, { recursive: true, force: true });
}
