import type { Dockerfile, Word } from '../../dockerfile/index.ts';
import { parseReference, type Reference } from '../../registry/index.ts';

/** An image that a Dockerfile names with a tag, and where that stands. */
export interface NamedImage {
  /** As it is written, a variable filled in. */
  readonly text: string;
  readonly reference: Reference & { readonly tag: string };
  readonly places: readonly TagPlace[];
}

/** A stretch of the text that holds a tag, or what an ARG gives of it. */
export interface TagPlace {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** What FROM itself has of the tag before and behind its variable. */
  readonly before: string;
  readonly after: string;
  /** The argument whose default stands here. */
  readonly argument?: string;
}

/**
 * Of a Dockerfile's FROM and COPY --from those that name an image with a tag which can be replaced where it stands: in
 * letters, or as the default of one argument that no other image takes its tag from.
 * @param given arguments that the build sets, so that their defaults do not count
 */
export function namedImages(
  dockerfile: Pick<Dockerfile, 'stages' | 'text' | 'metaArgs'>,
  given: Readonly<Record<string, string>> = {},
): NamedImage[] {
  const { stages, text } = dockerfile;
  const words = stages.flatMap(stage => [
    stage.base,
    ...stage.instructions.flatMap(instruction =>
      instruction.keyword === 'COPY' && instruction.from !== undefined ? [instruction.from] : [],
    ),
  ]);
  const names = new Set(stages.flatMap(({ name }) => name ?? []));
  const isStage = ({ text: word }: Word) => names.has(word.toLowerCase()) || /^\d+$/.test(word);
  const found = words
    .filter(word => isLiteral(word, text) && !isStage(word))
    .flatMap(word => writtenTag(word) ?? argumentsTag(word, dockerfile, given) ?? []);
  const images = [...Map.groupBy(found, ({ name }) => name)].flatMap(([name, of]): NamedImage[] => {
    const reference = readable(name);
    const tag = reference?.tag;
    // A digest beside the tag was written by whoever wants this very image.
    if (reference === undefined || tag === undefined || reference.digest !== undefined) return [];
    return [{ text: name, reference: { ...reference, tag }, places: of.map(({ place }) => place) }];
  });
  return images.filter(image => !images.some(other => other !== image && sharesArgument(image, other)));
}

interface FoundTag {
  readonly name: string;
  readonly place: TagPlace;
}

/** The word stands in the file in one piece. */
function isLiteral({ text, range }: Word, file: string): boolean {
  return file.slice(range.start, range.end) === text;
}

function writtenTag({ text: name, range }: Word): FoundTag | undefined {
  const tag = name.includes('$') ? undefined : readable(name)?.tag;
  if (tag === undefined || name.includes('@')) return undefined;
  const { end, line, column } = range;
  return { name, place: { start: end - tag.length, end, line, column, before: '', after: '' } };
}

/** `name:…${ARGUMENT}…`, where the argument's default is a plain word before the first FROM. */
function argumentsTag(
  { text: word }: Word,
  { metaArgs, text }: Pick<Dockerfile, 'metaArgs' | 'text'>,
  given: Readonly<Record<string, string>>,
): FoundTag | undefined {
  const match = /^([^$]*:)([^$:/]*)\$(?:\{(\w+)\}|(\w+))([^$:/@]*)$/.exec(word);
  const [, name = '', before = '', braced, plain, after = ''] = match ?? [];
  const argument = braced ?? plain;
  if (argument === undefined || given[argument] !== undefined) return undefined;
  const defaults = metaArgs.flatMap(({ args }) => args).filter(one => one.name.text === argument);
  const [value] = defaults.length === 1 ? defaults.map(one => one.value) : [];
  if (value === undefined || !isLiteral(value, text) || !/^[\w.-]+$/.test(value.text)) return undefined;
  const { start, end, line, column } = value.range;
  return {
    name: name + before + value.text + after,
    place: { start, end, line, column, before, after, argument },
  };
}

function sharesArgument(a: NamedImage, b: NamedImage): boolean {
  return a.places.some(({ start }) => b.places.some(other => other.start === start));
}

function readable(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** Whether another tag can be written at all places of an image. */
export function canTake({ places }: NamedImage, tag: string): boolean {
  return places.every(
    ({ before, after }) =>
      tag.startsWith(before) && tag.endsWith(after) && tag.length > before.length + after.length,
  );
}

/** The text with another tag at each of an image's places; every other byte stays. */
export function withTags(
  text: string,
  moved: readonly { readonly image: NamedImage; readonly tag: string }[],
): string {
  const edits = moved.flatMap(({ image, tag }) =>
    image.places.map(({ start, end, before, after }) => ({
      start,
      end,
      value: tag.slice(before.length, tag.length - after.length),
    })),
  );
  // One default may be what several FROMs take.
  const unique = [...new Map(edits.map(edit => [edit.start, edit])).values()];
  let result = text;
  for (const { start, end, value } of unique.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + value + result.slice(end);
  return result;
}
