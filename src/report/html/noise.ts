import type { ChangedFile, ChangedStep } from '../changed-files.ts';
import { clipped, html, type Html } from './html.ts';
import { grouped, plural } from './page.ts';

/** Causes of files that differ between any two builds, and that nobody reads. */
const noisy: readonly ChangedFile['cause'][] = ['log', 'cache', 'clock', 'order'];

export const isNoise = ({ cause }: ChangedFile): boolean => noisy.includes(cause);

const mostNamed = 200;

/** For one, and for several. */
const names: Readonly<Record<string, readonly [string, string]>> = {
  time: ['file differs in time alone', 'files differ in time alone'],
  log: ['log that says when what was done', 'logs that say when what was done'],
  cache: ['cache that programs make again', 'caches that programs make again'],
  clock: ['file that holds the time of the build', 'files that hold the time of the build'],
  order: ['file with the same pieces in another order', 'files with the same pieces in another order'],
};

/** What makes no difference, counted and folded. */
export function noiseOf({ files, times }: ChangedStep): Html {
  const groups = new Map<string, readonly string[]>(times.length > 0 ? [['time', times]] : []);
  for (const [cause, found] of Map.groupBy(files.filter(isNoise), one => one.cause))
    groups.set(
      cause,
      found.map(({ path }) => path),
    );
  return html`${[...groups].map(([cause, paths]) => group(cause, paths))}`;
}

function group(cause: string, paths: readonly string[]): Html {
  const [one, many] = names[cause] ?? [cause, cause];
  const more = paths.length - mostNamed;
  return html`<details class="noise fold"><summary>${grouped(paths.length)} ${plural(paths.length, one, many)}</summary>
<ul class="mono">${paths.slice(0, mostNamed).map(path => html`<li>${clipped(path, 300)}</li>`)}</ul>
${more > 0 ? html`<div class="more">… and ${grouped(more)} more</div>` : ''}</details>
`;
}
