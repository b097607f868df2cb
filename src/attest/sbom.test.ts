import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { canonicalJson, sha256 } from '../core/index.ts';
import type { Bill } from './bill.ts';
import { lockedComponents } from './component.ts';
import { sbomDocument, sbomStatement } from './sbom-statement.ts';
import { hex, hostileInputs, inputs } from './testing.ts';

const bill: Bill = {
  name: 'pkg:docker/example.org/app@1',
  image: sha256('image'),
  of: 'locked',
  components: lockedComponents(inputs, { id: 'debian', version: '12' }),
  unlocked: 1,
  created: '2026-07-01T00:00:00Z',
  version: '0.1.0',
};
const hostile = { ...bill, name: undefined, components: lockedComponents(hostileInputs, undefined) };

/** The schemas that CycloneDX publishes, as its own library carries them. */
function cycloneDxValidator() {
  const require = createRequire(import.meta.url);
  const main = require.resolve('@cyclonedx/cyclonedx-library');
  const directory = join(
    main.slice(0, main.lastIndexOf('cyclonedx-library')),
    'cyclonedx-library/res/schema',
  );
  const schema = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as object;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat('iri-reference', text => !/[\s<>"{}|\\^`]/.test(text));
  ajv.addFormat('idn-email', /@/);
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}`);
  return ajv.compile(schema('bom-1.6.SNAPSHOT.schema.json'));
}

test('CycloneDX: what its own schema asks for, and every reference leads somewhere', () => {
  const validate = cycloneDxValidator();
  for (const one of [bill, hostile, { ...bill, components: [], unlocked: 0 }]) {
    const document = sbomDocument(one, 'cyclonedx') as Record<string, unknown>;
    validate(document);
    expect(validate.errors).toBeNull();
    // The schema is one that can fail.
    expect(validate({ ...document, serialNumber: 'none' })).toBe(false);
  }
  const { components, dependencies, compositions } = sbomDocument(bill, 'cyclonedx') as {
    components: { 'bom-ref': string; [member: string]: unknown }[];
    dependencies: { ref: string; dependsOn?: string[] }[];
    compositions: { aggregate: string }[];
  };
  const references = components.map(one => one['bom-ref']);
  expect(new Set(references).size).toBe(components.length);
  expect(dependencies[0]).toEqual({ ref: 'image', dependsOn: references });
  expect(compositions[0]).toEqual({ aggregate: 'incomplete', dependencies: ['image'] });
  expect(components.find(({ name }) => name === 'libssl3')).toMatchObject({
    type: 'library',
    hashes: [{ alg: 'SHA-256', content: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    externalReferences: [{ type: 'distribution', url: expect.stringContaining('/pool/main/o/openssl/') }],
  });
  expect(components.find(({ group }) => group === '@types')).toMatchObject({ name: 'node' });
});

/** No package carries the schema of SPDX 2.3 (see published-schemas.test.ts): what the clauses of the specification say. */
function spdxFaults(document: unknown): string[] {
  const faults: string[] = [];
  const is = (condition: boolean, clause: string) => condition || faults.push(clause);
  const { packages, relationships, ...rest } = document as {
    packages: Record<string, unknown>[];
    relationships: Record<string, string>[];
    [member: string]: unknown;
  };
  is(rest['spdxVersion'] === 'SPDX-2.3', '6.1');
  is(rest['dataLicense'] === 'CC0-1.0', '6.2');
  is(rest['SPDXID'] === 'SPDXRef-DOCUMENT', '6.3');
  is(typeof rest['name'] === 'string' && rest['name'] !== '', '6.4');
  is(/^[a-z][a-z0-9+.-]*:[^#\s]+$/.test(String(rest['documentNamespace'])), '6.5');
  const info = rest['creationInfo'] as { created: string; creators: string[] };
  is(
    info.creators.every(text => /^(?:Tool|Person|Organization): /.test(text)),
    '6.8',
  );
  is(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(info.created), '6.9');
  const ids = packages.map(one => String(one['SPDXID']));
  is(new Set(ids).size === ids.length && ids.every(id => /^SPDXRef-[A-Za-z0-9.-]+$/.test(id)), '7.2');
  for (const one of packages) {
    is(typeof one['name'] === 'string' && !/[\r\n]/.test(one['name']), '7.1');
    is(one['versionInfo'] === undefined || typeof one['versionInfo'] === 'string', '7.3');
    const place = String(one['downloadLocation']);
    is(/^(?:NOASSERTION|NONE|(?:git\+)?[a-z]+:\/\/\S+)$/.test(place), '7.7');
    is(one['filesAnalyzed'] === false && one['packageVerificationCode'] === undefined, '7.8');
    for (const sum of (one['checksums'] ?? []) as Record<string, string>[])
      is(sum['algorithm'] === 'SHA256' && /^[0-9a-f]{64}$/.test(sum['checksumValue'] ?? ''), '7.10');
    for (const reference of (one['externalRefs'] ?? []) as Record<string, string>[]) {
      is(
        reference['referenceCategory'] === 'PACKAGE-MANAGER' && reference['referenceType'] === 'purl',
        '7.21',
      );
      is(/^pkg:[a-z]+\/\S+$/.test(reference['referenceLocator'] ?? ''), '7.21');
    }
    is(['CONTAINER', 'FILE', 'SOURCE', 'LIBRARY'].includes(String(one['primaryPackagePurpose'])), '7.24');
  }
  const known = new Set(['SPDXRef-DOCUMENT', ...ids]);
  const types = new Set(['DESCRIBES', 'CONTAINS', 'DEPENDS_ON', 'DESCENDANT_OF']);
  for (const {
    spdxElementId: from = '',
    relationshipType: type = '',
    relatedSpdxElement: to = '',
  } of relationships)
    is(known.has(from) && known.has(to) && types.has(type), '11.1');
  is(
    relationships.some(one => one['relationshipType'] === 'DESCRIBES'),
    '11.1',
  );
  return faults;
}

test('SPDX: what the clauses of the specification ask for', () => {
  for (const one of [bill, hostile, { ...bill, of: 'installed' as const }])
    expect(spdxFaults(sbomDocument(one, 'spdx'))).toEqual([]);
  const { packages } = sbomDocument(bill, 'spdx') as { packages: Record<string, unknown>[] };
  expect(packages[0]).toMatchObject({ comment: '1 things that the build took could not be locked.' });
  expect(packages.find(({ name }) => name === 'libssl3')).toMatchObject({
    sourceInfo: 'built from the source package openssl 1:3.0.17-1',
  });
  expect(packages.map(one => one['downloadLocation'])).toContain(
    `git+https://github.com/Example/Tool.git@${'0'.repeat(40)}`,
  );
});

test.each(['cyclonedx', 'spdx'] as const)(
  '%s: one bill gives the same bytes, another one another identity',
  format => {
    const text = (one: Bill) => canonicalJson(sbomDocument(one, format));
    expect(text(bill)).toBe(text({ ...bill, components: [...bill.components] }));
    const identity = (one: Bill) => /urn:uuid:[0-9a-f-]{36}/.exec(text(one))?.[0];
    expect(identity(bill)).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(identity({ ...bill, components: bill.components.slice(1) })).not.toBe(identity(bill));
  },
);

test('a statement about the image has its format’s predicate type', () => {
  const { predicateType, document } = sbomStatement(bill, 'cyclonedx');
  expect(predicateType).toBe('https://cyclonedx.org/bom');
  expect(document).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: bill.name, digest: { sha256: hex('image') } }],
    predicate: { bomFormat: 'CycloneDX' },
  });
});
