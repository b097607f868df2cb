/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** RFC 9110 17.15: many small or overlapping ranges are a way to make a server work for nothing. */
const mostRanges = 64;

/**
 * Reads a Range header against a body of `size` bytes (RFC 9110 14.1.2).
 * @returns the satisfiable ranges in the order asked for, none of them when the answer is 416, and nothing at all
 *   when the header is not valid, in another unit or excessive: then it is ignored.
 */
export function parseRanges(header: string, size: number): readonly ByteRange[] | undefined {
  const [, list] = /^bytes=(.*)$/i.exec(header.trim()) ?? [];
  const specs =
    list
      ?.split(',')
      .map(spec => spec.trim())
      .filter(spec => spec !== '') ?? [];
  if (specs.length === 0 || specs.length > mostRanges) return undefined;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
    if (first === '' && last === '') return undefined;
    if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
    const range = first === '' ? suffix(Number(last), size) : span(Number(first), last, size);
    if (range.start < range.end) ranges.push(range);
  }
  const asked = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  return ranges.length > 1 && asked > size ? undefined : ranges;
}

function suffix(length: number, size: number): ByteRange {
  return { start: Math.max(0, size - length), end: size };
}

function span(first: number, last: string, size: number): ByteRange {
  return { start: first, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
