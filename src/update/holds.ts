import { isMap, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import type { Hold } from '../build/index.ts';
import { usageError } from '../core/index.ts';

/** Those that have not expired. @param now RFC 3339, UTC. */
export function activeHolds(holds: readonly Hold[], now: string): readonly Hold[] {
  return holds.filter(({ until }) => until >= now.slice(0, 10));
}

/**
 * A configuration's text with a hold more, in place of one of the same name. Everything else keeps its bytes.
 * @throws HoldfastError HOLD_NOT_WRITTEN (exit 2) where the list is written in another form than one hold a line or more
 */
export function withHold(text: string, hold: Hold): string {
  const rest = withoutHold(text, hold.name);
  const { name, until, why } = hold;
  const item = `  - name: ${JSON.stringify(name)}\n    until: ${until}\n    why: ${JSON.stringify(why)}\n`;
  const list = holdsOf(rest);
  if (list === 'none') return `${withLineEnd(rest)}hold:\n${item}`;
  const last = list.items.at(-1);
  if (last === undefined) return rest;
  const end = rest.indexOf('\n', rangeOf(last)[1] - 1) + 1 || rest.length;
  const indent = ' '.repeat(columnOf(rest, rangeOf(last)[0]) - 2);
  const indented = item.replaceAll(/^ {2}/gm, indent);
  return `${withLineEnd(rest.slice(0, end))}${indented}${rest.slice(end)}`;
}

/** A configuration's text without the hold of a name; the same text where there is none. */
export function withoutHold(text: string, name: string): string {
  const list = holdsOf(text);
  if (list === 'none') return text;
  const item = list.items.find(one => isMap(one) && one.get('name') === name);
  if (item === undefined) return text;
  const [from, to] = rangeOf(item);
  const lineStart = (at: number) => text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', to - 1) + 1 || text.length;
  const start = lineStart(list.items.length === 1 ? text.lastIndexOf('hold:', from) : from);
  return text.slice(0, start) + text.slice(lineEnd);
}

function holdsOf(text: string): YAMLSeq | 'none' {
  const document = parseDocument(text);
  const node = isMap(document.contents) ? document.contents.get('hold', true) : undefined;
  if (node === undefined) return 'none';
  if (isSeq(node) && node.flow !== true && node.items.length > 0) return node;
  throw usageError(
    'HOLD_NOT_WRITTEN',
    '"hold" in holdfast.yaml is not a list with one entry below the other',
    {
      next: 'Write it so, or edit it by hand.',
    },
  );
}

function rangeOf(node: unknown): readonly [from: number, to: number] {
  const { range } = node as { range?: readonly [number, number, number] | null };
  if (!range) throw new TypeError('a node that was read has a range');
  return [range[0], range[1]];
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function withLineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
