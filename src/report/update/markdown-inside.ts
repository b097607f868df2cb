import { counted } from '../../core/index.ts';
import type {
  ChangedScript,
  DiffLine,
  ImageChange,
  PackageStory,
  UpdateExplanation,
} from '../../update/index.ts';
import { code, debianChangelogLine, fenced, markdownText, withCves } from './escape.ts';

/** Of one changelog, of one difference, and of one step's files. */
const mostLines = 120;
const mostFiles = 50;

/** What changed inside, each part by itself: scripts first, since they run, then changelogs, then the image's files. */
export function insideParts({ texts, packages, images }: UpdateExplanation): string[] {
  return [
    ...texts.map(({ url, lines }) => details(`${markdownText(url)} is another text`, diffOf(lines))),
    ...packages.flatMap(scriptParts),
    ...packages.flatMap(changelogPart),
    ...images.flatMap(filesPart),
  ];
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function diffOf(lines: readonly DiffLine[]): string {
  const shown = lines.slice(0, mostLines).map(({ sign, text }) => `${sign}${text}`);
  const more = lines.length - shown.length;
  return fenced('diff', more > 0 ? [...shown, `… ${more} more lines`] : shown);
}

function scriptParts({ name, scripts }: PackageStory): string[] {
  return scripts.map(script =>
    details(`${markdownText(name)}: ${scriptTitle(script)}`, diffOf(script.lines)),
  );
}

function scriptTitle({ name, what }: ChangedScript): string {
  const words = { added: 'new', removed: 'removed', changed: 'changed' } as const;
  return `<strong>${words[what]} script</strong> ${markdownText(name)}`;
}

function changelogPart({ section, name, from, to, changelog, changelogIn, unread }: PackageStory): string[] {
  const title = `${markdownText(name)} ${markdownText(from)} → ${markdownText(to)}`;
  if (unread !== undefined) return [details(title, `could not be looked into: ${markdownText(unread)}`)];
  if (changelog.length === 0) return [];
  const lineOf = section === 'apt' ? debianChangelogLine : (line: string) => withCves(markdownText(line));
  const lines = changelog.flatMap(({ heading, lines: own }) => [
    `**${markdownText(heading.replace(/^#+\s*/, ''))}**`,
    ...own.filter(line => line.trim() !== '').map(line => indented(line, lineOf)),
  ]);
  const shown = lines.slice(0, mostLines);
  const more = lines.length - shown.length;
  const whose = changelogIn === undefined ? '' : ` (from ${markdownText(changelogIn)})`;
  return [
    details(`${title}${whose}`, [...shown, ...(more > 0 ? [`… ${more} more lines`] : [])].join('<br>\n')),
  ];
}

function indented(line: string, lineOf: (line: string) => string): string {
  const depth = Math.min(8, line.length - line.trimStart().length);
  const text = line.trim();
  // An entity, so that a changelog's list is no list of ours.
  const marked = /^[+*#-]|^\d+[.)]/.test(text) ? `&#8203;${lineOf(text)}` : lineOf(text);
  return '&nbsp;'.repeat(depth) + marked;
}

function filesPart({ build, files, settings }: ImageChange): string[] {
  const of = build === undefined ? '' : ` of ${markdownText(build)}`;
  const parts: string[] = [];
  if (settings.length > 0)
    parts.push(
      details(
        `${counted(settings.length, 'setting')} of the image${of} ${settings.length === 1 ? 'differs' : 'differ'}`,
        settings.map(({ name, from, to }) => `- ${code(name)}: ${shown(from)} → ${shown(to)}`).join('\n'),
      ),
    );
  if (files === undefined || files.length === 0) return parts;
  const steps = [...Map.groupBy(files, ({ layer }) => layer).values()].map(ofStep => {
    const paths = [...new Set(ofStep.map(({ path }) => path))];
    const more = paths.length - Math.min(paths.length, mostFiles);
    return [
      `${code((ofStep[0]?.step ?? '').replace(/\s+/g, ' ').slice(0, 100))}: ${paths.length}`,
      ...paths.slice(0, mostFiles).map(path => `- ${code(`/${path}`)}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ].join('\n');
  });
  const total = new Set(files.map(({ layer, path }) => `${layer} ${path}`)).size;
  return [
    ...parts,
    details(
      `${counted(total, 'file')} of the image${of} ${total === 1 ? 'differs' : 'differ'}`,
      steps.join('\n\n'),
    ),
  ];
}

const shown = (value: string | undefined) => (value === undefined ? '_nothing_' : code(value));
