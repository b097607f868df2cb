import type { IncomingHttpHeaders } from 'node:http';

/** The forms of the simple repository API: PEP 691, and before it PEP 503 with no media type of its own. */
export type SimpleForm = 'json' | 'html' | 'legacy';

export const mediaTypes: Readonly<Record<SimpleForm, string>> = {
  json: 'application/vnd.pypi.simple.v1+json',
  html: 'application/vnd.pypi.simple.v1+html',
  legacy: 'text/html',
};

/** Of equal weights, the one that says most. */
const byPreference = ['json', 'html', 'legacy'] as const satisfies readonly SimpleForm[];

/** PEP 691: what a client may say instead of v1, which is all that there is. */
const aliases: Readonly<Record<string, SimpleForm>> = {
  'application/vnd.pypi.simple.latest+json': 'json',
  'application/vnd.pypi.simple.latest+html': 'html',
};

export interface Negotiated {
  /** What a server that has all forms answers with. */
  readonly form: SimpleForm;
  /** True where the header names one of the API's own media types: only a client of this API does. */
  readonly ofThisApi: boolean;
}

/**
 * The outcome of content negotiation (RFC 9110, 12.5.1) between an Accept header and a server that has every form;
 * nothing where the header names none of them.
 */
export function negotiated(accept: string): Negotiated | undefined {
  const weights = new Map<SimpleForm, number>();
  let anything = 0;
  for (const range of accept.slice(0, 4096).split(',')) {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase());
    const weight = weightOf(parameters);
    if (type === '*/*') anything = weight;
    const form = byPreference.find(one => mediaTypes[one] === type) ?? aliases[type];
    if (form !== undefined) weights.set(form, Math.max(weight, weights.get(form) ?? 0));
  }
  if (weights.size === 0) return undefined;
  // Whoever takes anything gets what browsers get.
  if (!weights.has('legacy')) weights.set('legacy', anything);
  const best = byPreference.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0))[0] ?? 'json';
  if ((weights.get(best) ?? 0) === 0) return undefined;
  return { form: best, ofThisApi: weights.has('json') || weights.has('html') };
}

function weightOf(parameters: readonly string[]): number {
  const text = parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1';
  const weight = Number(text);
  return weight >= 0 && weight <= 1 ? weight : 0;
}

/** One key for all clients that get the same form, however they write their wish. */
export function acceptOf({ accept }: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const outcome = negotiated(accept ?? '');
  return outcome === undefined ? {} : { accept: mediaTypes[outcome.form] };
}

/** Of a Content-Type header, the type itself in lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
