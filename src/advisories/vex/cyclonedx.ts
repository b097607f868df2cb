import { isObject, type JsonObject } from '../../core/index.ts';
import { packageUrl, type PackageUrl } from './purl.ts';
import type { VexStatement } from './vex.ts';

/** `impactAnalysisState` of CycloneDX 1.4 and later, in the words of VEX. */
const statuses: Readonly<Record<string, VexStatement['status']>> = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  exploitable: 'affected',
  in_triage: 'under_investigation',
};

export function cyclonedxStatements(
  document: JsonObject,
  vulnerabilities: readonly JsonObject[],
  from: string,
): VexStatement[] {
  const components = componentsOf(document['components']);
  const written = isObject(document['metadata']) ? document['metadata']['timestamp'] : undefined;
  return vulnerabilities.flatMap(entry => {
    const { id, analysis, affects, references } = entry;
    const state = isObject(analysis) ? analysis['state'] : undefined;
    const status = typeof state === 'string' ? statuses[state] : undefined;
    if (typeof id !== 'string' || status === undefined || !isObject(analysis)) return [];
    const others = Array.isArray(references) ? references.filter(isObject).map(one => one['id']) : [];
    const updated = [analysis['lastUpdated'], entry['updated'], written].find(one => typeof one === 'string');
    return [
      {
        flaws: [id, ...others.filter(one => typeof one === 'string')],
        products: productsOf(affects, components),
        status,
        justification: textOf(analysis['justification']),
        detail: textOf(analysis['detail']),
        time: typeof updated === 'string' ? updated : '1970-01-01T00:00:00Z',
        from,
      },
    ];
  });
}

/** By their `bom-ref`, which may be the package URL itself. */
function productsOf(affects: unknown, components: ReadonlyMap<string, string>): PackageUrl[] | undefined {
  if (!Array.isArray(affects) || affects.length === 0) return undefined;
  return affects.filter(isObject).flatMap(({ ref }) => {
    if (typeof ref !== 'string') return [];
    // Another document's part: `urn:cdx:<serial>/<version>#<bom-ref>`.
    const own = ref.startsWith('urn:cdx:') ? decodeURIComponent(ref.slice(ref.indexOf('#') + 1)) : ref;
    return packageUrl(components.get(own) ?? own) ?? [];
  });
}

const deepest = 20;

function componentsOf(value: unknown, depth = 0): Map<string, string> {
  const found = new Map<string, string>();
  if (!Array.isArray(value) || depth > deepest) return found;
  for (const component of value.filter(isObject)) {
    const { 'bom-ref': ref, purl, components } = component;
    if (typeof ref === 'string' && typeof purl === 'string') found.set(ref, purl);
    for (const [name, url] of componentsOf(components, depth + 1)) found.set(name, url);
  }
  return found;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
