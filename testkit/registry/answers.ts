import type { ServerResponse } from 'node:http';

/** distribution-spec, "Error Codes". */
export function fail(response: ServerResponse, status: number, code: string, message = code): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Bytes whole, or the part that a Range asks for (RFC 9110, 14.2); HEAD without them. */
export function giveBytes(
  response: ServerResponse,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
  ranges: boolean,
): void {
  const { range } = response.req.headers;
  const [, first, last] = (ranges && /^bytes=(\d+)-(\d*)$/.exec(range ?? '')) || [];
  if (first === undefined) {
    response.writeHead(200, { ...headers, 'content-length': bytes.byteLength });
    response.end(response.req.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const start = Number(first);
  const end = last ? Math.min(Number(last), bytes.byteLength - 1) : bytes.byteLength - 1;
  if (start > end) return fail(response, 416, 'RANGE_INVALID');
  const part = bytes.subarray(start, end + 1);
  const contentRange = `bytes ${start}-${end}/${bytes.byteLength}`;
  response.writeHead(206, { ...headers, 'content-range': contentRange, 'content-length': part.byteLength });
  response.end(part);
}

/** One page of a sorted list of names, with a link to the next: distribution-spec, "Listing Tags". */
export function pageOf(
  names: readonly string[],
  url: URL,
  pageSize: number,
): { page: readonly string[]; headers: Readonly<Record<string, string>> } {
  const asked = Number(url.searchParams.get('n') ?? pageSize);
  const last = url.searchParams.get('last') ?? '';
  const rest = names.toSorted().filter(name => name > last);
  const page = rest.slice(0, Math.min(asked, pageSize));
  if (page.length === rest.length) return { page, headers: {} };
  const next = `${url.pathname}?n=${asked}&last=${encodeURIComponent(page.at(-1) ?? '')}`;
  return { page, headers: { link: `<${next}>; rel="next"` } };
}
