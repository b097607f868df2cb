import type { Change, ChangedText } from '../update/index.ts';
import { printable } from './units.ts';
import { shortVersion } from './update/words.ts';

/** What moved, a line each, in columns: the section, the input, and its versions before and after. */
export function changesText(changes: readonly Change[]): string {
  const rows = changes.map(change => [change.section, nameText(change), versionsText(change)] as const);
  const widths = [0, 1].map(column => Math.max(0, ...rows.map(row => row[column as 0 | 1].length)));
  return rows
    .map(([section, name, versions]) =>
      `${section.padEnd(widths[0] ?? 0)}  ${name.padEnd(Math.min(widths[1] ?? 0, 72))}  ${versions}`.trimEnd(),
    )
    .join('\n');
}

/** How many inputs moved, were added and were removed. */
export function changeCounts(changes: readonly Change[]): string {
  const count = (what: Change['what']) => changes.filter(change => change.what === what).length;
  const counts = (['moved', 'rebuilt', 'added', 'removed'] as const).map(
    what => [count(what), what] as const,
  );
  const present = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return present.length === 0 ? 'nothing moved' : present.join(', ');
}

/** What is another in a downloaded text, as `diff -u` shows it. */
export function changedTextDiff({ url, lines }: ChangedText): string {
  return [
    `${printable(url)} is another text now:`,
    ...lines.map(({ sign, text }) => `  ${sign} ${printable(text)}`),
  ].join('\n');
}

function nameText({ what, name }: Change): string {
  const sign = { added: '+ ', removed: '- ', moved: '', rebuilt: '' }[what];
  return `${sign}${printable(name)}`;
}

function versionsText({ what, from, to }: Change): string {
  const text = (versions: readonly string[]) =>
    versions.map(version => printable(shortVersion(version))).join(', ');
  switch (what) {
    case 'added':
      return text(to);
    case 'removed':
      return text(from);
    case 'moved':
      return `${text(from)} → ${text(to)}`;
    case 'rebuilt':
      return `${text(to)}, in other bytes`;
  }
}
