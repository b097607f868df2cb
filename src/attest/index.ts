export { annotated, parseAnnotations, type Annotations } from './annotations.ts';
export { withAttestations, type Attested } from './attach.ts';
export { billFormats, type Bill, type BillFormat } from './bill.ts';
export { installedComponents, lockedComponents } from './component.ts';
export { lockedDistribution, type Distribution } from './distribution.ts';
export { openVex, type Held, type VexFacts } from './openvex.ts';
export { provenanceStatement, type ProvenanceFacts } from './provenance.ts';
export { sbomDocument, sbomStatement } from './sbom-statement.ts';
export type { Statement } from './statement.ts';
