import { printable } from '../units.ts';

/** What no renderer shows, and no forge reads over. */
const nothingBetween = '&#8203;';

/**
 * Text of others for a forge's markdown: it makes no table, link, image or HTML, calls nobody, and points at no issue
 * of the project that it is shown in, or of the one that it came from.
 */
export function markdownText(text: string): string {
  return (
    printable(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_[\]~|!{}]/g, String.raw`\$&`)
      .replaceAll(/@|#(?=\d)|\bGH-(?=\d)/gi, `$&${nothingBetween}`)
      // A link to an issue there would tell all who follow it.
      .replaceAll(/https?:\/\/(?:www\.)?github\.com\//gi, 'https://redirect.github.com/')
  );
}

/** A line of a Debian changelog: its bug numbers are Debian's and Launchpad's, and lead there; weaknesses stand out. */
export function debianChangelogLine(line: string): string {
  const escaped = markdownText(line);
  return withCves(
    escaped
      .replaceAll(
        new RegExp(String.raw`\bLP: #${nothingBetween}(\d{3,8})\b`, 'g'),
        'LP: [#$1](https://bugs.launchpad.net/bugs/$1)',
      )
      .replaceAll(
        new RegExp(String.raw`#${nothingBetween}(\d{3,8})\b`, 'g'),
        '[#$1](https://bugs.debian.org/$1)',
      ),
  );
}

/** Names of known weaknesses stand out. */
export function withCves(escaped: string): string {
  return escaped.replaceAll(/\bCVE-\d{4}-\d{4,}\b/g, '**$&**');
}

/** Lines as they are: in a fence that is longer than any in them. */
export function fenced(language: string, lines: readonly string[]): string {
  const runs = lines.flatMap(line => line.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(Math.max(3, ...runs.map(length => length + 1)));
  return [`${fence}${language}`, ...lines.map(printable), fence].join('\n');
}

/** A word to be typed or looked for, in a table as well. */
export function code(text: string): string {
  const plain = printable(text);
  const fence = '`'.repeat(1 + Math.max(0, ...(plain.match(/`+/g) ?? []).map(({ length }) => length)));
  const padding = fence.length > 1 ? ' ' : '';
  return `${fence}${padding}${plain.replaceAll('|', String.raw`\|`)}${padding}${fence}`;
}
