import type { Change, ExplainedChange, UpdateExplanation } from '../../update/index.ts';
import { unknownHoldText } from '../hold-text.ts';
import { code, markdownText } from './escape.ts';
import { insideParts } from './markdown-inside.ts';
import { changeGroups, reasonWords, shortVersion, stillOpenText, verdictParts } from './words.ts';

/** What forges take at least, with room for what a bot adds (GitHub allows 65,536 characters). */
export const longestBody = 58_000;
/** More rows are folded away, what nobody named apart from what somebody did. */
const mostRows = 20;
const mostRemains = 50;

/**
 * An update for a pull request or a job's summary: whether it may be taken, why, what changes, what changed inside, who
 * stands behind it, how to go back. Where it is longer than `limit`, what packages say of themselves is cut first,
 * then the table's rows; verdict, reasons and the way back stay.
 */
export function updateMarkdown(update: UpdateExplanation, limit = longestBody): string {
  const fixed = [
    `**${markdownText(update.title)}**`,
    verdictParts(update).map(markdownText).join(' · '),
    ...section('Why', whyTable(update)),
    ...section('Not closed, and not moved', remains(update)),
  ];
  const end = [...section('Provenance', provenance(update)), ...section('How to back out', backOut(update))];
  const around = lengthOf([...fixed, ...end]);
  const all = [...section('Changes', changes(update, Number.POSITIVE_INFINITY))];
  const table = around + lengthOf(all) <= limit ? all : section('Changes', changes(update, mostRows));
  const inside = fitting(insideParts(update), limit - around - lengthOf(table));
  return `${[...fixed, ...table, ...section('What changed inside', inside), ...end].join('\n\n')}\n`;
}

const lengthOf = (parts: readonly string[]) => parts.reduce((sum, part) => sum + part.length + 2, 0);

function section(title: string, parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [`### ${title}`, ...parts];
}

/** As many whole parts as there is room for, and how many there are beside. */
function fitting(parts: readonly string[], room: number): string[] {
  const roomForNote = 100;
  const kept: string[] = [];
  let left = room - roomForNote;
  for (const part of parts) {
    if (part.length + 2 > left) continue;
    kept.push(part);
    left -= part.length + 2;
  }
  const cut = parts.length - kept.length;
  return cut === 0
    ? kept
    : [...kept, `_${cut} more ${cut === 1 ? 'part is' : 'parts are'} too long for here._`];
}

function whyTable({ reasons }: UpdateExplanation): string[] {
  if (reasons.length === 0) return [];
  const rows = reasons.map(reason => {
    const { what, details } = reasonWords(reason);
    return `| ${reason.why === 'security' ? '**security** ' : ''}${markdownText(what)} | ${markdownText(details)} |`;
  });
  return [['| Reason | |', '| --- | --- |', ...rows.slice(0, 200)].join('\n')];
}

/** What the update leaves as it was, though there is something to say of it. */
function remains({ verdict, notes }: UpdateExplanation): string[] {
  const lines = [...verdict.left.map(stillOpenText), ...notes];
  const more = lines.length - mostRemains;
  const shown = lines.slice(0, mostRemains).map(line => `- ${markdownText(line)}`);
  return lines.length === 0 ? [] : [[...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')];
}

function changes({ changes: all, images }: UpdateExplanation, most: number): string[] {
  const base = images.flatMap(image => image.base);
  const groups = changeGroups(all);
  const ordered = groups.flatMap(group => group.changes);
  const rows = [...ordered.map(changeRow), ...base.map(change => row(change, 'the base image'))];
  if (rows.length <= mostRows) return rows.length === 0 ? [] : [table(rows)];
  return [
    ...groups.flatMap(({ title, changes: own }) =>
      folded(
        title,
        own.map(changeRow),
        most,
        own.some(({ direct, closes }) => direct || closes.length > 0),
      ),
    ),
    ...folded(
      'brought by the base image',
      base.map(change => row(change, 'the base image')),
      most,
      false,
    ),
  ];
}

function folded(title: string, rows: readonly string[], most: number, open: boolean): string[] {
  if (rows.length === 0) return [];
  const more = rows.length - Math.min(rows.length, most);
  const note = more > 0 ? `\n\n_and ${more} more_` : '';
  return [
    `<details${open ? ' open' : ''}><summary>${rows.length} ${title}</summary>\n\n${table(rows.slice(0, most))}${note}\n\n</details>`,
  ];
}

function table(rows: readonly string[]): string {
  return ['| Package | From | To | Where | Kind |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function changeRow(change: ExplainedChange): string {
  const [first, ...others] = change.askedBy.map(({ file, line }) => code(`${file}:${line}`));
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return row(change, first === undefined ? '' : `${change.direct ? '' : 'needed at '}${first}${more}`);
}

function row({ section: kind, name, what, from, to }: Change, where: string): string {
  const versions = (of: readonly string[]) =>
    of.map(version => markdownText(shortVersion(version))).join(', ');
  const [old, now] = { added: ['_new_', versions(to)], removed: [versions(from), '_gone_'] }[
    what as string
  ] ?? [versions(from), what === 'rebuilt' ? `${versions(to)}, in other bytes` : versions(to)];
  return `| ${markdownText(name)} | ${old} | ${now} | ${where} | ${markdownText(kind)} |`;
}

function provenance({ provenance: found }: UpdateExplanation): string[] {
  if (found.length === 0) return [];
  const lines = found.map(({ subject, name, from, to }) => {
    const value = (text: string | undefined) => (text === undefined ? '_nothing_' : markdownText(text));
    return `- **${markdownText(subject)}**: ${markdownText(name)} ${value(from)} → **${value(to)}**`;
  });
  return [lines.join('\n')];
}

function backOut({ held, unknownHolds }: UpdateExplanation): string[] {
  const lines = [
    ...held.map(
      ({ name, until, why }) => `- ${markdownText(name)} is held back until ${until}: ${markdownText(why)}`,
    ),
    ...unknownHolds.map(hold => `- ${markdownText(unknownHoldText(hold))}`),
  ];
  return [
    `${code('holdfast revert --why "…"')} puts the lock of before back and holds what went back for 30 days; the earlier image is built again, digest for digest. One thing alone is kept back by ${code('holdfast hold NAME --until DATE --why "…"')}.`,
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}
