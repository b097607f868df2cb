import type { IncomingHttpHeaders } from 'node:http';
import { headerOf, type HeaderList } from './headers.ts';
import { parseRanges, type ByteRange } from './ranges.ts';

/** A whole answer, from the recording or from upstream. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  /** Bytes of the body; nothing while that is not known. */
  readonly size: number | undefined;
}

export type AnswerBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'parts'; readonly parts: readonly Part[]; readonly tail: string };

interface Part {
  /** Boundary and headers, to be sent before the bytes. */
  readonly head: string;
  readonly range: ByteRange;
}

export interface PlannedAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: AnswerBody;
}

/**
 * The answer to one request, made from the whole one: conditions (RFC 9110 13.2.2) first, then ranges (14.2), then
 * HEAD. A `Range` needs the size: while that is not known the header is ignored, so wait for it.
 */
export function plannedAnswer(
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  whole: WholeAnswer,
): PlannedAnswer {
  if (whole.status === 200 && isUnchanged(request.headers, whole.headers)) {
    const headers = whole.headers.filter(([name]) => !name.startsWith('content-'));
    return { status: 304, headers, body: { kind: 'none' } };
  }
  const planned = ranged(request, whole) ?? plain(whole);
  return request.method === 'HEAD' ? { ...planned, body: { kind: 'none' } } : planned;
}

function plain(whole: WholeAnswer): PlannedAnswer {
  if (isBodiless(whole.status))
    return { status: whole.status, headers: whole.headers, body: { kind: 'none' } };
  const headers: HeaderList = [
    ...whole.headers,
    ...(whole.status === 200 ? [['accept-ranges', 'bytes'] as const] : []),
    ...(whole.size === undefined ? [] : [['content-length', String(whole.size)] as const]),
  ];
  return { status: whole.status, headers, body: { kind: 'whole' } };
}

/** RFC 9110 6.4.1: answers that end with their header section. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** RFC 9110 14.2: a server must ignore Range on other methods than GET; HEAD is answered as without it. */
function ranged(
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  whole: WholeAnswer,
): PlannedAnswer | undefined {
  const { size } = whole;
  const asked = request.headers.range;
  if (request.method !== 'GET' || whole.status !== 200 || size === undefined || asked === undefined)
    return undefined;
  if (!holdsIfRange(request.headers['if-range'], whole.headers)) return undefined;
  const ranges = parseRanges(asked, size);
  if (ranges === undefined) return undefined;
  const [range] = ranges;
  const common = [...whole.headers, ['accept-ranges', 'bytes'] as const];
  if (range === undefined) {
    const headers: HeaderList = [
      ...withoutType(common),
      ['content-range', `bytes */${size}`],
      ['content-length', '0'],
    ];
    return { status: 416, headers, body: { kind: 'none' } };
  }
  if (ranges.length > 1) return multipart(common, ranges, size);
  const headers: HeaderList = [
    ...common,
    ['content-range', contentRange(range, size)],
    ['content-length', String(range.end - range.start)],
  ];
  return { status: 206, headers, body: { kind: 'range', range } };
}

/** RFC 9110 15.3.7.2. The boundary is a constant: the same request gets the same bytes in every build. */
function multipart(common: HeaderList, ranges: readonly ByteRange[], size: number): PlannedAnswer {
  const boundary = 'holdfast-5f1d9a7c3b8e4260-part';
  const type = headerOf(common, 'content-type');
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  const parts = ranges.map(range => ({
    head: `\r\n--${boundary}\r\n${typeLine}Content-Range: ${contentRange(range, size)}\r\n\r\n`,
    range,
  }));
  const tail = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce(
    (sum, { head, range }) => sum + head.length + range.end - range.start,
    tail.length,
  );
  const headers: HeaderList = [
    ...withoutType(common),
    ['content-type', `multipart/byteranges; boundary=${boundary}`],
    ['content-length', String(length)],
  ];
  return { status: 206, headers, body: { kind: 'parts', parts, tail } };
}

const contentRange = ({ start, end }: ByteRange, size: number) => `bytes ${start}-${end - 1}/${size}`;

const withoutType = (headers: HeaderList): HeaderList => headers.filter(([name]) => name !== 'content-type');

/** RFC 9110 13.1.2, 13.1.3: If-None-Match compares weakly and, where present, alone. */
function isUnchanged(request: IncomingHttpHeaders, answer: HeaderList): boolean {
  const tags = request['if-none-match'];
  const tag = headerOf(answer, 'etag');
  if (tags !== undefined) {
    if (tags.trim() === '*') return true;
    return tag !== undefined && entityTags(tags).some(other => weak(other) === weak(tag));
  }
  const since = dateOf(request['if-modified-since']);
  const modified = dateOf(headerOf(answer, 'last-modified'));
  return since !== undefined && modified !== undefined && modified <= since;
}

/** RFC 9110 13.1.5: a strong entity tag, or exactly the date; else the whole is sent. */
function holdsIfRange(value: string | string[] | undefined, answer: HeaderList): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'string') return false;
  if (value.includes('"')) return !value.startsWith('W/') && value === headerOf(answer, 'etag');
  const date = dateOf(value);
  return date !== undefined && date === dateOf(headerOf(answer, 'last-modified'));
}

const entityTags = (text: string): string[] => text.match(/(?:W\/)?"[^"]*"/g) ?? [];
const weak = (tag: string): string => tag.replace(/^W\//, '');

/** Milliseconds since the epoch, or nothing for what is no HTTP date. */
function dateOf(text: string | undefined): number | undefined {
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
