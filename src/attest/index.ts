export { annotated, parseAnnotations, type Annotations } from './annotations.ts';
export { withAttestations, type Attested } from './attach.ts';
export { provenanceStatement, type ProvenanceFacts } from './provenance.ts';
export { spdxStatement, type SbomFacts } from './spdx.ts';
export type { Statement } from './statement.ts';
