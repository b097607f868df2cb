import { canonicalJson } from '../core/index.ts';

/** The sections of the lock that hold inputs, in the order of the file. */
export const inputSections = ['image', 'archives', 'apt', 'npm', 'file'] as const;

export type InputSection = (typeof inputSections)[number];

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
const columns: Readonly<Record<InputSection, readonly string[]>> = {
  image: ['reference', 'platform', 'index', 'manifest', 'config', 'diffIds'],
  archives: ['kind', 'url', 'suite', 'date', 'size', 'sha256'],
  apt: ['name', 'version', 'architecture', 'size', 'sha256', 'url'],
  npm: ['name', 'version', 'size', 'sha256', 'url'],
  file: ['url', 'method', 'body', 'answer', 'status', 'size', 'sha256'],
};

/** A YAML flow mapping; all strings are quoted, so that a version 1.10 stays one. */
export function lineText(section: InputSection, line: InputLine): string {
  const members = columns[section].flatMap(name => {
    const value = line[name];
    return value === undefined ? [] : [`${name}: ${canonicalJson(value)}`];
  });
  return `{${members.join(', ')}}`;
}

/** What stays the same when an input moves: by this, two lines are taken for the same input. */
export function lineName(section: InputSection, line: InputLine): string {
  switch (section) {
    case 'image':
      return `${String(line['reference'])} (${String(line['platform'])})`;
    case 'archives':
      return `${String(line['url'])} ${String(line['suite'])}`;
    case 'apt':
      return `${String(line['name'])} (${String(line['architecture'])})`;
    case 'npm':
      return String(line['name']);
    case 'file':
      return [line['method'], line['url'], line['answer']].filter(part => part !== undefined).join(' ');
  }
}
