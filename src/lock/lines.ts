import { canonicalJson } from '../core/index.ts';
import type { KindName } from '../kinds/index.ts';

/** Kinds whose inputs are packages with a name and a version, each a file of its own. */
const packageKinds = [
  'apt',
  'apk',
  'rpm',
  'pypi',
  'npm',
  'go',
  'cargo',
  'gem',
  'composer',
  'maven',
] as const satisfies readonly KindName[];

/** The sections of the lock that hold inputs, in the order of the file. */
export const inputSections = ['image', 'archives', ...packageKinds, 'git', 'file'] as const;

export type InputSection = (typeof inputSections)[number];

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
const columns: Readonly<Record<Exclude<InputSection, (typeof packageKinds)[number]>, readonly string[]>> = {
  image: ['reference', 'platform', 'index', 'manifest', 'config', 'diffIds'],
  archives: ['kind', 'url', 'suite', 'date', 'size', 'sha256'],
  git: ['url', 'commit', 'ref', 'size', 'sha256'],
  file: ['url', 'method', 'body', 'answer', 'status', 'size', 'sha256'],
};
const packageColumns = ['name', 'version', 'architecture', 'size', 'sha256', 'url'];

function columnsOf(section: InputSection): readonly string[] {
  return isPackageSection(section) ? packageColumns : columns[section];
}

function isPackageSection(section: InputSection): section is (typeof packageKinds)[number] {
  return packageKinds.some(kind => kind === section);
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
    case 'file':
      return [line['method'], line['url'], line['answer']].filter(part => part !== undefined).join(' ');
  }
}
