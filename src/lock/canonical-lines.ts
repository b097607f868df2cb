import { inputSections, type InputLine, type InputSection } from './lines.ts';

/** A member as `lineText` writes it: a name, and a value that is JSON. */
const member = /(\w+): ("(?:[^"\\]|\\.)*"|\d+|\[(?:"(?:[^"\\]|\\.)*",?)*\])(?:, |$)/y;

/**
 * The sections of a lock's text that have the very form in which `formatLock` writes them, and the text without them.
 * Reading YAML of thousands of lines takes a second; whoever calls this makes sure that what came out, written anew, is
 * the text again. Nothing where some line has another form.
 */
export function canonicalSections(
  text: string,
): { readonly head: string; readonly sections: Partial<Record<InputSection, InputLine[]>> } | undefined {
  const first = text.search(new RegExp(`^(?:${inputSections.join('|')}):$`, 'm'));
  if (first < 0) return undefined;
  const sections: Partial<Record<InputSection, InputLine[]>> = {};
  let lines: InputLine[] = [];
  for (const row of text.slice(first).split('\n')) {
    const section = inputSections.find(name => row === `${name}:`);
    if (section !== undefined) sections[section] = lines = [];
    else if (row.startsWith('  - {') && row.endsWith('}')) {
      const line = lineOf(row.slice(5, -1));
      if (line === undefined) return undefined;
      lines.push(line);
    } else if (row !== '') return undefined;
  }
  return { head: text.slice(0, first), sections };
}

function lineOf(text: string): InputLine | undefined {
  const line: Record<string, InputLine[string]> = {};
  member.lastIndex = 0;
  try {
    while (member.lastIndex < text.length) {
      const match = member.exec(text);
      if (match === null) return undefined;
      line[match[1] ?? ''] = JSON.parse(match[2] ?? '') as InputLine[string];
    }
  } catch {
    return undefined;
  }
  return line;
}
