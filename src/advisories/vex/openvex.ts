import { isObject, type JsonObject } from '../../core/index.ts';
import { packageUrl, type PackageUrl } from './purl.ts';
import type { VexStatement } from './vex.ts';

const statuses = ['not_affected', 'fixed', 'affected', 'under_investigation'] as const;

/** OpenVEX 0.2.0; what a statement leaves out, the document says. */
export function openvexStatements(document: JsonObject, from: string): VexStatement[] {
  const written = document['timestamp'];
  const list = Array.isArray(document['statements']) ? document['statements'].filter(isObject) : [];
  return list.flatMap(entry => {
    const status = statuses.find(one => one === entry['status']);
    const flaws = namesOf(entry['vulnerability']);
    if (status === undefined || flaws.length === 0) return [];
    return [
      {
        flaws,
        products: productsOf(entry['products']),
        status,
        justification: textOf(entry['justification']),
        detail:
          textOf(entry['impact_statement']) ??
          textOf(entry['action_statement']) ??
          textOf(entry['status_notes']),
        time: textOf(entry['timestamp']) ?? textOf(written) ?? '1970-01-01T00:00:00Z',
        from,
      },
    ];
  });
}

/** Before 0.2.0 it was a text. */
function namesOf(vulnerability: unknown): string[] {
  if (typeof vulnerability === 'string') return [vulnerability];
  if (!isObject(vulnerability)) return [];
  const { name, aliases } = vulnerability;
  return [name, ...(Array.isArray(aliases) ? aliases : [])].filter(one => typeof one === 'string');
}

/** A product with parts is about these alone; an image without any is about all that is in it. */
function productsOf(products: unknown): PackageUrl[] | undefined {
  if (!Array.isArray(products)) return undefined;
  const found = products.flatMap(product => {
    const parts =
      isObject(product) && Array.isArray(product['subcomponents']) ? product['subcomponents'] : [];
    return (parts.length > 0 ? parts : [product]).flatMap(urlsOf);
  });
  return found.some(({ type }) => type === 'oci') ? undefined : found;
}

function urlsOf(product: unknown): PackageUrl[] {
  if (typeof product === 'string') return [packageUrl(product) ?? []].flat();
  if (!isObject(product)) return [];
  const { '@id': id, identifiers } = product;
  const texts = [id, isObject(identifiers) ? identifiers['purl'] : undefined];
  return texts.flatMap(text => (typeof text === 'string' ? (packageUrl(text) ?? []) : []));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
