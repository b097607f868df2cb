import type { ComparedLayer, ImageComparison } from '../../build/index.ts';
import { counted } from '../../core/index.ts';
import { formatBytes } from '../units.ts';
import { clipped, html, type Html } from './html.ts';

type Tone = 'same' | 'mod' | 'add' | 'del';

/** In units of a pixel where the window is as wide as the form is made for. */
interface Form {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly column: number;
  /** What is longer does not fit beside the size. */
  readonly longestLabel: number;
}

/** Of both, the style shows the one that fits the window: scaled down, nobody could read the wide one. */
const forms: readonly Form[] = [
  { name: 'wide', width: 1000, column: 430, longestLabel: 54 },
  { name: 'narrow', width: 340, column: 160, longestLabel: 13 },
];
const gap = 8;
/** More rows than this are no picture. */
const mostRows = 120;

interface Row {
  readonly from: ComparedLayer | undefined;
  readonly to: ComparedLayer | undefined;
  readonly tone: Tone;
  readonly top: number;
  readonly height: number;
}

/** Both images as stacks, the lowest layer at the bottom; what is held against each other lies side by side. */
export function layersPicture({ images, pairs }: Pick<ImageComparison, 'images' | 'pairs'>): Html {
  const stacks = [images[0].stack, images[1].stack] as const;
  const largest = Math.max(1, ...stacks.flat().map(({ bytes }) => bytes));
  const rows: Row[] = [];
  let top = 28;
  const shown = pairs.slice(-mostRows).toReversed();
  for (const pair of shown) {
    const from = pair.from === undefined ? undefined : stacks[0][pair.from];
    const to = pair.to === undefined ? undefined : stacks[1][pair.to];
    const bytes = Math.max(from?.bytes ?? 0, to?.bytes ?? 0);
    const height = 26 + 54 * Math.sqrt(bytes / largest);
    rows.push({ from, to, tone: toneOf(from, to), top, height });
    top += height + gap;
  }
  const hidden = pairs.length - shown.length;
  const size = (n: 0 | 1) => `${counted(images[n].layers, 'layer')}, ${formatBytes(images[n].bytes)}`;
  return html`${forms.map(form => {
    const { name, width, column } = form;
    return html`<svg class="${name}" viewBox="0 0 ${width} ${Math.ceil(top + (hidden > 0 ? 20 : 0))}" role="img" aria-label="The layers of both images, side by side">
<text class="head" x="1" y="14">before <tspan class="soft">${size(0)}</tspan></text>
<text class="head" x="${width - column}" y="14">after <tspan class="soft">${size(1)}</tspan></text>
${rows.map(row => rowPicture(row, form))}${hidden > 0 ? html`<text class="soft" x="1" y="${Math.ceil(top + 12)}">and ${hidden} layers below</text>` : ''}</svg>
`;
  })}`;
}

function toneOf(from: ComparedLayer | undefined, to: ComparedLayer | undefined): Tone {
  if (from === undefined) return 'add';
  if (to === undefined) return 'del';
  return from.diffId === to.diffId ? 'same' : 'mod';
}

function rowPicture({ from, to, tone, top, height }: Row, form: Form): Html {
  const { width, column } = form;
  const [y, h] = [Math.round(top), Math.round(height)];
  const bridge =
    from === undefined || to === undefined
      ? ''
      : html`<rect class="band ${tone}" x="${column}" y="${y + 5}" width="${width - 2 * column}" height="${h - 10}"/>`;
  return html`${bridge}${box(from, tone, { x: 0, y, height: h }, form)}${box(to, tone, { x: width - column, y, height: h }, form)}
`;
}

function box(
  layer: ComparedLayer | undefined,
  tone: Tone,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
  { column, longestLabel }: Form,
): Html {
  if (layer === undefined) return html``;
  const middle = y + height / 2 + 4.5;
  return html`<g><title>${clipped(layer.step, 1000)}
${layer.diffId}</title><rect class="${tone}" x="${x + 0.5}" y="${y + 0.5}" width="${column - 1}" height="${height - 1}" rx="7"/><text x="${x + 12}" y="${middle}">${clipped(shortStep(layer.step), longestLabel)}</text><text class="soft" x="${x + column - 12}" y="${middle}" text-anchor="end">${formatBytes(layer.bytes)}</text></g>`;
}

/** Without what every step of a kind has before it. */
export function shortStep(step: string): string {
  return step
    .replaceAll(/\s+/g, ' ')
    .replace(/^\/bin\/sh -c #\(nop\) /, '')
    .replace(/^(?:RUN )?\/bin\/sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
    .trim();
}
