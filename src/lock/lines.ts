import { canonicalJson } from '../core/index.ts';
import type { KindName } from '../kinds/index.ts';

/** Kinds whose inputs are packages with a name and a version, each a file of its own. */
export type PackageKind = Exclude<KindName, 'image' | 'git' | 'file'>;

/** In the order of the lock; a record, so that the compiler finds the kind that is missing. */
const packageKinds: Readonly<Record<PackageKind, true>> = {
  apt: true,
  apk: true,
  rpm: true,
  pypi: true,
  npm: true,
  go: true,
  cargo: true,
  gem: true,
  composer: true,
  maven: true,
  cpan: true,
};

export type InputSection = 'image' | 'archives' | PackageKind | 'git' | 'file' | 'unlocked';

/** The sections of the lock that hold inputs, in the order of the file. */
export const inputSections: readonly InputSection[] = [
  'image',
  'archives',
  ...(Object.keys(packageKinds) as PackageKind[]),
  'git',
  'file',
  'unlocked',
];

/** Something for each section. */
export function bySection<Value>(valueOf: (section: InputSection) => Value): Record<InputSection, Value> {
  const entries = inputSections.map(section => [section, valueOf(section)] as const);
  return Object.fromEntries(entries) as Record<InputSection, Value>;
}

/** One input: the members of `columns` that apply to it. */
export type InputLine = Readonly<Record<string, string | number | readonly string[]>>;

/** An input as the lock shows it, and the first step and URL that took it. */
export interface RecordedInput {
  readonly section: InputSection;
  readonly line: InputLine;
  readonly step?: string | undefined;
  readonly url?: string | undefined;
}

/** The order of members in a line is the order in which a reviewer reads: what, which, how large, from where. */
const columns: Readonly<Record<Exclude<InputSection, PackageKind>, readonly string[]>> = {
  image: ['reference', 'platform', 'index', 'manifest', 'config', 'diffIds'],
  archives: ['kind', 'url', 'suite', 'date', 'size', 'sha256'],
  git: ['url', 'commit', 'ref', 'size', 'sha256'],
  file: ['url', 'method', 'body', 'answer', 'status', 'size', 'sha256'],
  unlocked: ['reason', 'name', 'step', 'url', 'method', 'status'],
};
const packageColumns = ['name', 'version', 'architecture', 'size', 'sha256', 'url'];

function columnsOf(section: InputSection): readonly string[] {
  return isPackageSection(section) ? packageColumns : columns[section];
}

export function isPackageSection(section: string): section is PackageKind {
  return Object.hasOwn(packageKinds, section);
}

/** A YAML flow mapping; all strings are quoted, so that a version 1.10 stays one. */
export function lineText(section: InputSection, line: InputLine): string {
  const members = columnsOf(section).flatMap(name => {
    const value = line[name];
    return value === undefined ? [] : [`${name}: ${canonicalJson(value)}`];
  });
  return `{${members.join(', ')}}`;
}

/** What stays the same when an input moves: by this, two lines are taken for the same input. */
export function lineName(section: InputSection, line: InputLine): string {
  if (isPackageSection(section)) {
    const architecture = line['architecture'];
    return architecture === undefined
      ? String(line['name'])
      : `${String(line['name'])} (${String(architecture)})`;
  }
  switch (section) {
    case 'image':
      return `${String(line['reference'])} (${String(line['platform'])})`;
    case 'archives':
      return `${String(line['url'])} ${String(line['suite'])}`;
    case 'git':
      return [line['url'], line['ref']].filter(part => part !== undefined).join(' ');
    case 'unlocked':
      return String(line['name'] ?? line['url']);
    case 'file':
      return [line['method'], line['url'], line['answer']].filter(part => part !== undefined).join(' ');
  }
}
