import { counted } from '../../core/index.ts';
import type {
  DiffLine,
  ImageChange,
  PackageStory,
  ProvenanceChange,
  UpdateExplanation,
} from '../../update/index.ts';
import { changedTextDiff, changesText } from '../change-text.ts';
import { unknownHoldText } from '../hold-text.ts';
import { formatBytes, printable } from '../units.ts';
import { changeGroups, reasonWords, stillOpenText, verdictParts } from './words.ts';

/** Of one package's changelog or script; the other formats have more. */
const mostLines = 24;
const mostReasons = 20;

/** An update for a terminal, in the order of the markdown. */
export function updateText(update: UpdateExplanation): string {
  const { changes, packages, texts, provenance, images, held, unknownHolds, verdict, notes } = update;
  const groups = changeGroups(changes);
  const base = images.flatMap(image => image.base);
  return [
    printable(update.title),
    verdictParts(update).join(' · '),
    ...reasonLines(update),
    ...groups.flatMap(group => [
      ...(groups.length > 1 ? [`${group.title}:`] : []),
      changesText(group.changes),
    ]),
    ...(base.length > 0 ? ['brought by the base image:', changesText(base)] : []),
    ...texts.map(changedTextDiff),
    ...packages.flatMap(storyLines),
    ...provenance.map(provenanceLine),
    ...images.map(imageText),
    ...held.map(({ name, until, why }) => `held back until ${until}: ${printable(name)} (${printable(why)})`),
    ...unknownHolds.map(unknownHoldText),
    ...(changes.length > 0 ? ['to go back: holdfast revert --why "…"'] : []),
    ...verdict.left.map(fact => printable(stillOpenText(fact))),
    ...notes.map(printable),
  ]
    .filter(text => text !== '')
    .join('\n');
}

function reasonLines({ reasons }: UpdateExplanation): string[] {
  const lines = reasons.slice(0, mostReasons).map(reason => {
    const { what, details } = reasonWords(reason);
    return `why: ${printable(what)}${details === '' ? '' : ` (${printable(details)})`}`;
  });
  const more = reasons.length - lines.length;
  return more > 0 ? [...lines, `why: … and ${more} more`] : lines;
}

function storyLines({ name, from, to, changelog, changelogIn, scripts, unread }: PackageStory): string[] {
  const title = `${printable(name)} ${printable(from)} → ${printable(to)}`;
  if (unread !== undefined) return [`${title} could not be looked into: ${printable(unread)}`];
  // All that a new package runs is new; its name says enough here.
  if (from === '')
    return [
      `${printable(name)} is new to the lock, and runs ${scripts.map(script => printable(script.name)).join(', ')}`,
    ];
  const entries = changelog.flatMap(({ heading, lines }) => [heading, ...lines]);
  const whose = changelogIn === undefined ? '' : ` in ${printable(changelogIn)}`;
  return [
    ...scripts.flatMap(({ name: script, what, lines }) => [
      `${printable(name)}: its script ${printable(script)} ${what === 'changed' ? 'changed' : `was ${what}`}:`,
      ...cut(lines.map(diffText)),
    ]),
    ...(entries.length === 0
      ? []
      : [`${title}, changelog${whose}:`, ...cut(entries.filter(isFull).map(indented))]),
  ];
}

const isFull = (line: string) => line.trim() !== '';
const indented = (line: string) => `  ${printable(line)}`;
const diffText = ({ sign, text }: DiffLine) => `  ${sign} ${printable(text)}`;

function cut(lines: readonly string[]): string[] {
  const more = lines.length - mostLines;
  return more > 0 ? [...lines.slice(0, mostLines), `  … ${more} more lines (--format markdown)`] : [...lines];
}

function provenanceLine({ subject, name, from, to }: ProvenanceChange): string {
  const value = (text: string | undefined) => (text === undefined ? 'nothing' : printable(text));
  return `${printable(subject)}: ${printable(name)} ${value(from)} → ${value(to)}`;
}

function imageText({ build, from, to, size, files, settings }: ImageChange): string {
  const of = build === undefined ? '' : `${printable(build)}: `;
  if (from === to) return `${of}${to} as before`;
  const bytes = [size.from, size.to].map(one => (one === undefined ? '?' : formatBytes(one)));
  const paths = files && new Set(files.map(({ layer, path }) => `${layer} ${path}`)).size;
  const differ = [
    ...(paths === undefined ? [] : [`${paths} ${paths === 1 ? 'file differs' : 'files differ'}`]),
    ...(settings.length === 0 ? [] : [counted(settings.length, 'setting')]),
  ];
  return `${of}${to}, was ${from}; layers ${bytes[0]} → ${bytes[1]}${differ.length === 0 ? '' : `; ${differ.join(', ')}`}`;
}
