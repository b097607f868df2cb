import type { ComparedImage, ImageComparison, SettingDifference } from '../../build/index.ts';
import { changedSteps, type ChangedStep } from '../changed-files.ts';
import { formatBytes } from '../units.ts';
import { fileTree, type Budget } from './file-tree.ts';
import { clipped, html, type Html } from './html.ts';
import { layersPicture, shortStep } from './layers-picture.ts';
import { movesSummary, movesTables } from './moves-table.ts';
import { isNoise, noiseOf } from './noise.ts';
import { deltaText, fact, grouped, page, plural, side, type Verdict } from './page.ts';

/** Two images as one page: the verdict, the layers, and then what differs, what matters most first. */
export function comparisonPage(comparison: ImageComparison): string {
  const { images, settings, packages, files } = comparison;
  const [a, b] = images;
  const steps = changedSteps(files);
  const sides = html`<div class="sides">${side('a', a.manifest, imageText(a))}${side('b', b.manifest, imageText(b))}</div>
${a.manifest === b.manifest ? '' : factsOf(comparison, steps)}`;
  const budget: Budget = { rows: 3000, lines: 4000 };
  return page(verdictOf(comparison, steps), sides, [
    picture(comparison),
    packages.length === 0
      ? html``
      : html`<h2>Packages <small>${movesSummary(packages)}</small></h2>
${movesTables(packages.map(one => ({ ...one, name: withArchitecture(one) })))}`,
    settingsTable(settings),
    steps.length === 0
      ? html``
      : html`<h2>Files <small>by the step that wrote them</small></h2>
${steps.map(step => stepCard(step, budget, steps.length <= 12))}`,
    html`<footer>Sizes of layers are those of the compressed blobs. <code>holdfast diff --json</code> has all of this.</footer>`,
  ]);
}

const imageText = ({ layers, bytes }: ComparedImage) =>
  `${layers} ${plural(layers, 'layer')}, ${formatBytes(bytes)}`;

const withArchitecture = ({ name, architecture }: { name: string; architecture?: string | undefined }) =>
  architecture === undefined ? name : `${name} (${architecture})`;

function verdictOf(
  { images, sameContent, settings, packages }: ImageComparison,
  steps: readonly ChangedStep[],
): Verdict {
  const [a, b] = images;
  if (a.manifest === b.manifest)
    return { title: 'The same image', why: 'Both have one manifest: every byte is the same.' };
  if (sameContent)
    return {
      title: 'The same content in another form',
      why: 'One configuration and the same files. Only the manifest, or how layers are compressed, is another.',
    };
  const real = total(steps, ({ files }) => files.filter(file => !isNoise(file)).length);
  const onlyDates = settings.every(({ name }) => name === 'created');
  if (real === 0 && packages.length === 0 && onlyDates)
    return {
      title: 'Only noise differs',
      why: 'Times, logs, caches and the like: what any two builds have differently. Nothing else does.',
    };
  const parts = [
    [packages.length, 'package'],
    [real, 'file'],
    [settings.length, 'setting'],
  ] as const;
  const counted = parts.filter(([count]) => count > 0);
  const title = counted.map(([count, what]) => `${grouped(count)} ${plural(count, what)}`);
  const last = title.pop() ?? 'something';
  return {
    title: `${[title.join(', '), last].filter(part => part !== '').join(' and ')} ${title.length === 0 && counted[0]?.[0] === 1 ? 'differs' : 'differ'}`,
    why: 'Noise (times, logs, caches) is counted apart, and folded below.',
  };
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function factsOf({ images, sameContent, pairs }: ImageComparison, steps: readonly ChangedStep[]): Html {
  const [a, b] = images;
  const shared = pairs.filter(
    ({ from, to }) => from !== undefined && to !== undefined && a.stack[from]?.diffId === b.stack[to]?.diffId,
  ).length;
  const noise = total(steps, ({ files, times }) => files.filter(isNoise).length + times.length);
  const real = total(steps, ({ files }) => files.filter(file => !isNoise(file)).length);
  return html`<div class="facts">${fact(deltaText(b.bytes - a.bytes), `${formatBytes(a.bytes)} → ${formatBytes(b.bytes)}`)}${fact(`${shared} of ${b.layers}`, plural(b.layers, 'layer is shared', 'layers are shared'))}${sameContent ? '' : html`${fact(grouped(real), `${plural(real, 'file')} that may matter`)}${fact(grouped(noise), `${plural(noise, 'file')} of noise`)}`}</div>
`;
}

function picture(comparison: ImageComparison): Html {
  const legend = [
    ['same', 'shared'],
    ['mod', 'other content'],
    ['add', 'only after'],
    ['del', 'only before'],
  ] as const;
  return html`<h2>Layers <small>the lowest at the bottom</small></h2>
<div class="card picture">${layersPicture(comparison)}<div class="legend">${legend.map(([tone, what]) => html`<span><i class="${tone}"></i>${what}</span>`)}</div></div>
`;
}

const mostSettings = 300;
const longestSetting = 2000;

function settingsTable(settings: readonly SettingDifference[]): Html {
  if (settings.length === 0) return html``;
  const cell = (text: string | undefined) =>
    text === undefined ? html`<span class="soft">not set</span>` : html`${clipped(text, longestSetting)}`;
  return html`<h2>Settings <small>of the configuration</small></h2>
<div class="card wide"><table><thead><tr><th>name</th><th>before</th><th>after</th></tr></thead><tbody>
${settings.slice(0, mostSettings).map(
  ({ name, from, to }) =>
    html`<tr><td class="name">${clipped(name, 200)}</td><td class="mono from">${cell(from)}</td><td class="mono to">${cell(to)}</td></tr>
`,
)}</tbody></table></div>
`;
}

function stepCard(step: ChangedStep, budget: Budget, open: boolean): Html {
  const real = step.files.filter(file => !isNoise(file));
  const noise = step.files.length - real.length + step.times.length;
  const delta = total(step.files, ({ from = 0, to = 0 }) => to - from);
  return html`<details class="card step fold"${open && real.length > 0 ? html` open` : ''}><summary><code>${clipped(shortStep(step.step), 400)}</code>${real.length > 0 ? html`<span class="chip mod">${grouped(real.length)} ${plural(real.length, 'file')}</span>` : ''}${noise > 0 ? html`<span class="chip">${grouped(noise)} noise</span>` : ''}<span class="delta ${delta > 0 ? 'up' : delta < 0 ? 'down' : 'none'}">${deltaText(delta)}</span></summary>
<div class="body">${fileTree(real, budget)}${noiseOf(step)}</div></details>
`;
}
