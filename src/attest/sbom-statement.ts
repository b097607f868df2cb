import type { Json } from '../core/index.ts';
import type { Bill, BillFormat } from './bill.ts';
import { cycloneDx } from './cyclonedx.ts';
import { spdx } from './spdx.ts';
import { statement, type Statement } from './statement.ts';

/** A bill of materials as a document of its format. */
export function sbomDocument(bill: Bill, format: BillFormat): Json {
  return format === 'spdx' ? spdx(bill) : cycloneDx(bill);
}

/** in-toto attestation, predicates `SPDX` and `CycloneDX`. */
const predicateTypes: Readonly<Record<BillFormat, string>> = {
  spdx: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
};

export function sbomStatement(bill: Bill, format: BillFormat): Statement {
  return statement(bill.name, bill.image, predicateTypes[format], sbomDocument(bill, format));
}
