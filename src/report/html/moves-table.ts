import { clipped, html, type Html } from './html.ts';
import { grouped } from './page.ts';

/** Something that has another version now, or is new, or is gone. */
export interface Move {
  readonly kind: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Whether the version is the same and the bytes are not. */
  readonly rebuilt?: boolean;
}

/** Of one kind. */
const mostRows = 400;
const longestText = 300;

/** A table for each kind: first what moved, then what is new, then what is gone. */
export function movesTables(moves: readonly Move[]): Html {
  return html`${[...Map.groupBy(moves, ({ kind }) => kind)].map(([kind, of]) => movesTable(kind, of))}`;
}

function movesTable(kind: string, moves: readonly Move[]): Html {
  const more = moves.length - mostRows;
  return html`<div class="card"><table>
<thead><tr><th><span class="chip kind">${kind}</span></th><th>name</th><th>before</th><th>after</th></tr></thead>
<tbody>
${moves
  .toSorted((a, b) => order(a) - order(b))
  .slice(0, mostRows)
  .map(
    moveRow,
  )}</tbody></table>${more > 0 ? html`<div class="more">… and ${grouped(more)} more; <code>--json</code> names all</div>` : ''}</div>
`;
}

const order = ({ from, to }: Move) => (to.length === 0 ? 2 : from.length === 0 ? 1 : 0);

function moveRow({ name, from, to, rebuilt = false }: Move): Html {
  const chip =
    from.length === 0
      ? html`<span class="chip add">added</span>`
      : to.length === 0
        ? html`<span class="chip del">removed</span>`
        : html`<span class="chip mod">${rebuilt ? 'rebuilt' : 'moved'}</span>`;
  const versions = (all: readonly string[]) => clipped(all.map(shortHash).join(', '), longestText);
  return html`<tr><td class="kind">${chip}</td><td class="name">${clipped(name, longestText)}</td><td class="mono from">${versions(from)}</td><td class="mono to">${versions(to)}</td></tr>
`;
}

/** Of a digest or commit as much as tells it from others. */
const shortHash = (version: string) => version.replace(/\b[0-9a-f]{40,64}\b/, hash => hash.slice(0, 12));

/** How many of each sort there are, for a heading. */
export function movesSummary(moves: readonly Move[]): string {
  const added = moves.filter(({ from }) => from.length === 0).length;
  const removed = moves.filter(({ to }) => to.length === 0).length;
  const counts = [
    [moves.length - added - removed, 'moved'],
    [added, 'added'],
    [removed, 'removed'],
  ] as const;
  return counts.flatMap(([count, what]) => (count > 0 ? [`${grouped(count)} ${what}`] : [])).join(', ');
}
