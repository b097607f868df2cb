import { expect, test } from 'vitest';
import { attestationsFrom, type AttestationOptions } from './attestations.ts';

test.each<[AttestationOptions, string | undefined, string | undefined]>([
  [{}, undefined, undefined],
  [{ provenance: true, sbom: true }, 'min', 'spdx'],
  [{ provenance: 'false', sbom: false }, undefined, undefined],
  [{ provenance: 'max', sbom: 'true' }, 'max', 'spdx'],
  [{ provenance: 'mode=max', sbom: 'format=cyclonedx' }, 'max', 'cyclonedx'],
  [{ attest: ['type=provenance,mode=max', 'type=sbom,format=cyclonedx'] }, 'max', 'cyclonedx'],
  [{ attest: ['type=sbom', 'type=sbom,disabled=true'] }, undefined, undefined],
  // Docker: the shorthand overrides.
  [{ attest: ['type=sbom'], sbom: 'false' }, undefined, undefined],
])('%j', (options, provenance, sbom) => {
  expect(attestationsFrom(options)).toEqual({ provenance, sbom });
});

test.each<AttestationOptions>([
  { sbom: 'generator=example.org/scanner' },
  { sbom: 'format=csv' },
  { provenance: 'mode=some' },
  { attest: ['mode=max'] },
  { attest: ['type=signature'] },
])('%j says nothing that can be attached', options => {
  expect(() => attestationsFrom(options)).toThrow(expect.objectContaining({ code: 'ATTESTATION_INVALID' }));
});
