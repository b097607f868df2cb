import type { SourceRange, Word } from '../dockerfile/index.ts';
import type { ResolvedText } from './values.ts';

/** An image that a build takes. */
export interface ImageUse {
  readonly role: 'from' | 'copy' | 'mount' | 'syntax';
  /** With variables put in; unknown ones stand in it as `${NAME}`. */
  readonly reference: string;
  /** Whether all of it is known. */
  readonly known: boolean;
  readonly tag?: string;
  readonly digest?: string;
  /** Where it is asked for. */
  readonly range: SourceRange;
  /** Where the whole reference, and nothing else, is written: here, or where its variable gets its value. */
  readonly written?: SourceRange;
  /** Where the variable in it gets its value. */
  readonly origin?: SourceRange;
  readonly platform?: string;
}

const wholeVariable = /^"?\$(\w+|\{\w+(:?-[^}]*)?\})"?$/;

/** Nothing for `scratch` and for no name at all. */
export function imageUse(
  role: ImageUse['role'],
  word: Word,
  { text, known, origin }: ResolvedText,
  platform: string | undefined,
): ImageUse | undefined {
  if (text === 'scratch' || text === '') return undefined;
  const [name = '', digest] = text.split('@');
  // A colon in front of a slash belongs to a port, and the one in ${NAME:-…} to the shell.
  const plain = name.replaceAll(/\$\{[^}]*\}/g, variable => 'x'.repeat(variable.length));
  const colon = plain.indexOf(':', plain.lastIndexOf('/') + 1);
  const written = wholeVariable.test(word.text) ? origin : /[$"'\\]/.test(word.text) ? undefined : word.range;
  return {
    role,
    reference: text,
    known,
    range: word.range,
    ...(colon !== -1 && { tag: name.slice(colon + 1) }),
    ...(digest !== undefined && { digest }),
    ...(written && { written }),
    ...(origin && { origin }),
    ...(platform !== undefined && { platform }),
  };
}
