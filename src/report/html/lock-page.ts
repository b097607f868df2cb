import type { Change } from '../../update/index.ts';
import { html } from './html.ts';
import { movesSummary, movesTables } from './moves-table.ts';
import { fact, grouped, page, plural, side } from './page.ts';

/** Two locks as one page. @param names what the user called them */
export function locksPage(names: readonly [string, string], changes: readonly Change[]): string {
  const moves = changes.map(({ section, name, what, from, to }) => ({
    kind: section,
    name,
    from,
    to,
    rebuilt: what === 'rebuilt',
  }));
  const counts = [...Map.groupBy(moves, ({ kind }) => kind)];
  const verdict =
    moves.length === 0
      ? { title: 'The same inputs', why: 'Both locks take the same from outside, byte for byte.' }
      : {
          title: `${grouped(moves.length)} ${plural(moves.length, 'input differs', 'inputs differ')}`,
          why: `${movesSummary(moves)}. Everything else is the same in both, byte for byte.`,
        };
  const sides = html`<div class="sides">${side('a', names[0], '')}${side('b', names[1], '')}</div>
<div class="facts">${counts.map(([kind, of]) => fact(of.length, kind))}</div>`;
  return page(verdict, sides, [
    moves.length === 0 ? html`` : html`<h2>Inputs <small>by kind</small></h2>\n${movesTables(moves)}`,
  ]);
}
