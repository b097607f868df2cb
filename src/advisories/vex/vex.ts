import { isObject, jsonObject, usageError } from '../../core/index.ts';
import type { Subject } from '../subject.ts';
import { cyclonedxStatements } from './cyclonedx.ts';
import { openvexStatements } from './openvex.ts';
import type { PackageUrl } from './purl.ts';
import { matchesSubject } from './purl.ts';

/** What somebody found of a flaw in a product: it closes the advisory, or comments on it. */
export interface VexStatement {
  /** All names of the flaw. */
  readonly flaws: readonly string[];
  /** What it is about; nothing where it is about all that is in the product. */
  readonly products: readonly PackageUrl[] | undefined;
  readonly status: 'not_affected' | 'fixed' | 'affected' | 'under_investigation';
  readonly justification?: string | undefined;
  readonly detail?: string | undefined;
  /** RFC 3339: of several, the last one counts. */
  readonly time: string;
  /** The document's name. */
  readonly from: string;
}

/**
 * The statements of an OpenVEX document, or of a CycloneDX one with vulnerabilities.
 * @throws HoldfastError VEX_INVALID (exit 2)
 */
export function readVex(bytes: Buffer, from: string): VexStatement[] {
  const document = jsonObject(bytes);
  const context = document?.['@context'];
  if (document !== undefined && typeof context === 'string' && context.startsWith('https://openvex.dev/ns'))
    return openvexStatements(document, from);
  if (document?.['bomFormat'] === 'CycloneDX' && Array.isArray(document['vulnerabilities']))
    return cyclonedxStatements(document, document['vulnerabilities'].filter(isObject), from);
  throw usageError(
    'VEX_INVALID',
    `${from} is neither an OpenVEX document nor a CycloneDX one with vulnerabilities`,
    {
      next: 'Name documents of these formats in `advisories.vex` of holdfast.yaml.',
    },
  );
}

/** The last word on a flaw in a package; nothing where nobody said anything. */
export function vexOn(
  statements: readonly VexStatement[],
  subject: Subject,
  names: ReadonlySet<string>,
): VexStatement | undefined {
  return statements
    .filter(({ flaws }) => flaws.some(flaw => names.has(flaw)))
    .filter(({ products }) => products === undefined || products.some(one => matchesSubject(one, subject)))
    .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .at(-1);
}

export function closes({ status }: VexStatement): boolean {
  return status === 'not_affected' || status === 'fixed';
}
