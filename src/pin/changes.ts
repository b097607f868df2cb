import { edited, isFollowed, type Edit } from '../check/index.ts';
import type { Instruction, SourceRange } from '../dockerfile/index.ts';
import type { Pin, PinResult, Unpinned, UnpinnedCode, WrittenFile } from './result.ts';

/** Edits that are made together or not at all, what they pin, and the files that they need. */
export interface Change {
  readonly edits: readonly Edit[];
  readonly pins: readonly Pin[];
  readonly files?: readonly WrittenFile[];
  /** Files that are copied before an instruction. */
  readonly copies?: readonly Copy[];
}

interface Copy {
  readonly before: Instruction;
  readonly from: string;
  readonly to: string;
}

/** Collects what shall change in one Dockerfile. */
export class Changes {
  readonly #text: string;
  readonly #changes: Change[] = [];
  readonly #unpinned: Unpinned[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  add(change: Change): void {
    this.#changes.push(change);
  }

  leave(code: UnpinnedCode, range: SourceRange, what: string, why: string): void {
    const place = isFollowed(range) ? ` (${range.script.file}:${range.script.line})` : '';
    const line = { code, range, what: oneLine(what), why: `${oneLine(why)}${place}` };
    const isSame = (other: Unpinned) =>
      other.what === line.what && other.why === line.why && other.range.start === range.start;
    if (!this.#unpinned.some(isSame)) this.#unpinned.push(line);
  }

  /** The files that have been asked for so far. */
  get files(): readonly WrittenFile[] {
    return this.#changes.flatMap(({ files = [] }) => files);
  }

  /** Of changes that touch the same place the first is made. */
  result(): PinResult {
    const made: Change[] = [];
    const edits: Edit[] = [];
    for (const change of this.#changes) {
      const added = change.edits.filter(edit => !edits.some(other => editText(other) === editText(edit)));
      if (added.some(edit => edits.some(other => overlaps(edit, other)))) {
        for (const { range, what } of change.pins)
          this.leave('NO_FORM', range, what, 'another pin changes the same place; pin once more');
      } else {
        made.push(change);
        edits.push(...added);
      }
    }
    const inOrder = <Placed extends { readonly range: SourceRange }>(placed: readonly Placed[]) =>
      placed.toSorted((a, b) => a.range.start - b.range.start);
    return {
      text: edited(this.#text, [
        // What is put before a word stands before what the word becomes.
        ...edits.toSorted((a, b) => b.end - a.end),
        ...this.#copyEdits(made.flatMap(({ copies = [] }) => copies)),
      ]),
      files: made.flatMap(({ files = [] }) => files),
      pins: inOrder(made.flatMap(({ pins }) => pins)),
      unpinned: inOrder(this.#unpinned),
    };
  }

  /** One edit for each instruction, whichever changes ask for it; it stands above the comments of the instruction. */
  #copyEdits(copies: readonly Copy[]): Edit[] {
    const text = this.#text;
    const ending = text.includes('\r\n') ? '\r\n' : '\n';
    return [...Map.groupBy(copies, ({ before }) => before)].map(([{ range }, of]) => {
      const start = aboveComments(text, range.start);
      const lines = new Set(of.map(({ from, to }) => `COPY ${copyWord(from)} ${copyWord(to)}${ending}`));
      return { start, end: start, text: [...lines].join('') };
    });
  }
}

/** An insertion may stand at either end of what another edit replaces. */
function overlaps(a: Edit, b: Edit): boolean {
  if (a.start === a.end && b.start === b.end) return a.start === b.start;
  return a.start < b.end && b.start < a.end;
}

function editText({ start, end, text }: Edit): string {
  return `${start} ${end} ${text}`;
}

/** The beginning of the line, or of the comments right above it, which are about what follows them. */
function aboveComments(text: string, offset: number): number {
  let start = text.lastIndexOf('\n', offset - 1) + 1;
  while (start > 0) {
    const previous = text.lastIndexOf('\n', start - 2) + 1;
    if (!/^[ \t]*#/.test(text.slice(previous, start))) break;
    start = previous;
  }
  return start;
}

/** COPY takes words in quotes in its JSON form alone; a name with a blank in it is rare enough to be escaped. */
function copyWord(path: string): string {
  return path.replaceAll(/[\s$*?[\]\\]/g, String.raw`\$&`);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ');
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
