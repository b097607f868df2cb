import { causesExplained } from '../../image/index.ts';
import { formatBytes } from '../units.ts';
import { deltaOf, directoryTree, type Directory, type NamedFile } from './directory-tree.ts';
import type { ChangedFile } from '../changed-files.ts';
import { clipped, html, type Html } from './html.ts';
import { deltaText, grouped, plural } from './page.ts';

/** What a page may still show, so that it stays one that a browser opens at once. */
export interface Budget {
  rows: number;
  lines: number;
}

/** A directory of this many files or fewer is open at first. */
const openUpTo = 12;
const mostInDirectory = 200;
const longestName = 300;

/** Files by directory, with what changed in small texts folded below them. */
export function fileTree(files: readonly ChangedFile[], budget: Budget): Html {
  const tree = directoryTree(files);
  return inside(tree, tree.weight, budget, files.length <= openUpTo);
}

function inside(directory: Directory, whole: number, budget: Budget, open: boolean): Html {
  const rows: Html[] = [];
  const { directories, files } = directory;
  let shown = 0;
  for (const one of directories) {
    if (budget.rows <= 0 || rows.length >= mostInDirectory) break;
    budget.rows--;
    shown += one.count;
    const [only] = one.files;
    if (one.count === 1 && only !== undefined) {
      rows.push(fileRow(only, whole, budget, `${one.name}/`));
      continue;
    }
    rows.push(html`<details class="dir fold"${isOpen(open || directories.length === 1)}><summary><span class="name">${clipped(one.name, longestName)}/</span>${one.count > 1 ? html`<span class="chip">${grouped(one.count)}</span>` : ''}${bar(one.weight, whole)}${delta(one.delta)}</summary>
<div class="inside">${inside(one, whole, budget, one.count <= openUpTo)}</div></details>
`);
  }
  for (const file of files) {
    if (budget.rows <= 0 || rows.length >= mostInDirectory) break;
    budget.rows--;
    shown++;
    rows.push(fileRow(file, whole, budget));
  }
  const more = directory.count - shown;
  return html`${rows}${more > 0 ? html`<div class="more">… and ${grouped(more)} more ${plural(more, 'file')}; <code>--json</code> names all</div>` : ''}`;
}

const isOpen = (open: boolean) => (open ? html` open` : html``);

function fileRow(file: NamedFile, whole: number, budget: Budget, directory = ''): Html {
  const { name, kinds, cause, from, to, lines = [] } = file;
  const weight = Math.max(from ?? 0, to ?? 0);
  const why =
    cause === 'unknown' || isWhole(file)
      ? ''
      : html`<span class="chip" title="${causesExplained[cause]}">${cause}</span>`;
  const above = directory === '' ? '' : html`<span class="soft">${clipped(directory, longestName)}</span>`;
  const cells = html`<span class="name">${above}${clipped(name, longestName)}</span>${why}${kinds.map(kindChip)}<span class="size">${sizeText(file)}</span>${bar(weight, whole)}${delta(deltaOf(file))}`;
  if (lines.length === 0) return html`<div class="row"><span class="gap"></span>${cells}</div>\n`;
  const shown = lines.slice(0, Math.max(0, Math.min(lines.length, budget.lines, mostLines)));
  budget.lines -= shown.length;
  const more = lines.length - shown.length;
  return html`<details class="file fold"><summary>${cells}</summary><div class="text"><pre>${shown.map(textLine)}</pre>${more > 0 ? html`<div class="more">&nbsp; … ${grouped(more)} more lines</div>` : ''}</div></details>
`;
}

const isWhole = ({ kinds }: ChangedFile) => kinds.includes('added') || kinds.includes('removed');

const tones: Readonly<Record<string, string>> = { added: 'add', removed: 'del', content: 'mod' };

const kindChip = (kind: string) => html`<span class="chip ${tones[kind] ?? 'kind'}">${kind}</span>`;

function sizeText({ from, to }: ChangedFile): string {
  if (from === undefined) return to === undefined ? '' : formatBytes(to);
  if (to === undefined || to === from) return formatBytes(from);
  return `${formatBytes(from)} → ${formatBytes(to)}`;
}

function bar(weight: number, whole: number): Html {
  const share = whole === 0 ? 0 : (100 * weight) / whole;
  const percent = share > 0 && share < 1 ? 1 : Math.round(share);
  return html`<span class="bar"><i style="width:${percent}%"></i></span>`;
}

function delta(bytes: number): Html {
  const tone = bytes > 0 ? 'up' : bytes < 0 ? 'down' : 'none';
  return html`<span class="delta ${tone}">${deltaText(bytes)}</span>`;
}

const mostLines = 400;
const longestLine = 400;

function textLine({ sign, text }: NonNullable<ChangedFile['lines']>[number]): Html {
  const tone = { '+': 'plus', '-': 'minus', ' ': 'both' }[sign];
  return html`<span class="${tone}">${sign} ${clipped(text, longestLine)}</span>`;
}
