/** Go's unicode.IsSpace; it differs from JavaScript's \s in U+0085 (in) and U+FEFF (out). */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** Blanks that part a keyword from its operands, and the operands of COPY, FROM and the like: [\t\v\f\r ]. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

/** The first index from `at` on, below `end`, that is no space. */
export function skipSpaces(text: string, at = 0, end = text.length): number {
  let index = at;
  while (index < end && isSpace(text.charCodeAt(index))) index++;
  return index;
}

/** The index behind the last character of text[start, end) that is no space. */
export function endWithoutSpaces(text: string, start = 0, end = text.length): number {
  let index = end;
  while (index > start && isSpace(text.charCodeAt(index - 1))) index--;
  return index;
}

export function trimSpaces(text: string): string {
  const start = skipSpaces(text);
  return text.slice(start, endWithoutSpaces(text, start));
}
