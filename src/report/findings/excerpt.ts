import type { SourceRange } from '../../dockerfile/index.ts';

/** Lines of a source, cut where it is asked for: few of many files are shown. */
export function lineAt(text: string, line: number): string {
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let at = 1; at < line; at++) {
    const feed = text.indexOf('\n', start);
    if (feed === -1) return '';
    start = feed + 1;
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? undefined : end).replace(/\r+$/, '');
}

/** As much of a line as a terminal shows, with the place in sight. */
const widest = 110;

/** The line where a range begins, and carets below what it covers of it. */
export function excerpt(text: string, range: SourceRange, shown: (text: string) => string): string[] {
  const whole = lineAt(text, range.line);
  const from = Math.min(range.column - 1, whole.length);
  const to = range.endLine > range.line ? whole.length : Math.min(range.endColumn - 1, whole.length);
  const cut = Math.max(0, Math.min(from - 40, whole.length - widest));
  const before = (cut > 0 ? '…' : '') + whole.slice(cut, from);
  const after = whole.slice(to, cut + widest) + (cut + widest < whole.length ? '…' : '');
  const marked = whole.slice(from, Math.min(to, cut + widest));
  const number = String(range.line);
  return [
    `${number} | ${shown(before + marked + after)}`,
    `${' '.repeat(number.length)} | ${' '.repeat(columns(shown(before)))}${'^'.repeat(Math.max(1, columns(shown(marked))))}`,
  ];
}

/** Characters, not code units; wide ones are counted as one, which is as well as most terminals' fonts do. */
function columns(text: string): number {
  return Array.from(text).length;
}
