// What is written, held against the schemas that the formats' authors publish, where there is a copy of them.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { sha256, type Json } from '../core/index.ts';
import type { Bill } from './bill.ts';
import { lockedComponents } from './component.ts';
import { openVex } from './openvex.ts';
import { provenanceStatement } from './provenance.ts';
import { sbomDocument, sbomStatement } from './sbom-statement.ts';
import { hostileInputs, inputs } from './testing.ts';

const schemas = process.env['HOLDFAST_TEST_SCHEMAS'];
if (schemas === undefined)
  console.log('skipped: published schemas; HOLDFAST_TEST_SCHEMAS=DIR names a folder with them');

const facts = {
  name: undefined,
  image: sha256('image'),
  distribution: { id: 'debian', version: '12' },
  version: '0.1.0',
};
const images = [undefined, 'pkg:docker/example.org/app@1'];
const billOf = (taken: typeof inputs, name: string | undefined, of: Bill['of']): Bill => ({
  ...facts,
  name,
  of,
  components: lockedComponents(taken, facts.distribution),
  unlocked: 1,
  created: '2026-07-01T00:00:00Z',
});
const bills = [[], inputs, hostileInputs].flatMap(taken =>
  images.flatMap(name => [billOf(taken, name, 'locked'), billOf(taken, name, 'installed')]),
);

describe.skipIf(schemas === undefined)('the published schema of', () => {
  const schema = (name: string) => JSON.parse(readFileSync(join(schemas ?? '', name), 'utf8')) as object;
  const validated = (ajv: Ajv | Ajv2020, name: string) => {
    addFormats.default(ajv);
    ajv.addFormat('iri', /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]*$/i);
    const validate = ajv.compile(schema(name));
    return (document: unknown) => (validate(document) ? [] : (validate.errors ?? []));
  };

  test('SPDX 2.3', () => {
    const faults = validated(new Ajv({ strict: false, allErrors: true }), 'spdx-schema.json');
    for (const bill of bills) expect(faults(sbomDocument(bill, 'spdx'))).toEqual([]);
    expect(faults({ spdxVersion: 'SPDX-2.3' })).not.toEqual([]);
  });

  test('OpenVEX 0.2.0', () => {
    const faults = validated(new Ajv2020({ strict: false, allErrors: true }), 'openvex_json_schema.json');
    const hold = (name: string, why: string) => ({ name, until: '2026-12-31', why });
    for (const name of images) {
      const document = openVex({
        ...facts,
        name,
        inputs: [...inputs, ...hostileInputs],
        holds: [
          hold('curl', 'CVE-2026-12345 and GHSA-2345-6789-cfgh, the fix breaks us'),
          hold('npm', 'CVE-2026-23456: vulnerable_code_not_in_execute_path'),
          hold('nothing of the lock', 'CVE-2026-34567 is under_investigation'),
        ],
        author: 'Security <security@example.org>',
        timestamp: '2026-07-01T00:00:00Z',
      });
      expect(faults(document)).toEqual([]);
    }
    expect(faults({ statements: [] })).not.toEqual([]);
  });

  test('in-toto’s statement, and of SLSA provenance v1', () => {
    const provenance = [[], inputs, hostileInputs].flatMap(taken =>
      images.map(
        name =>
          provenanceStatement({
            ...facts,
            name,
            inputs: taken,
            dockerfile: 'Dockerfile',
            target: 'final',
            platform: 'linux/amd64',
            asOf: '2026-07-01T00:00:00Z',
            recipes: { compression: 'gzip' },
            ownersLost: true,
            arguments: { A: 'b' },
          }).document,
      ),
    );
    const sboms = bills.flatMap(bill =>
      (['spdx', 'cyclonedx'] as const).map(format => sbomStatement(bill, format).document),
    );
    expect(protobufFaults([...provenance, ...sboms])).toEqual([]);
    expect(protobufFaults([{ _type: 'https://in-toto.io/Statement/v1', subjects: [] }])).not.toEqual([]);
  });
});

/** in-toto and SLSA publish protocol buffers, whose own mapping to JSON knows no member that they do not name. */
const parseStatements = `
import json, os, subprocess, sys, tempfile
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2, timestamp_pb2
root = os.path.join(sys.argv[1], "protos")
files = ["in_toto_attestation/v1/statement.proto", "in_toto_attestation/predicates/provenance/v1/provenance.proto"]
with tempfile.NamedTemporaryFile() as out:
    subprocess.run(["protoc", "-I", root, "--include_imports", "--descriptor_set_out", out.name, *files], check=True)
    found = descriptor_pb2.FileDescriptorSet.FromString(out.read())
messages = message_factory.GetMessages(found.file)
faults = []
for document in json.load(sys.stdin):
    try:
        json_format.ParseDict(document, messages["in_toto_attestation.v1.Statement"]())
        if document["predicateType"] == "https://slsa.dev/provenance/v1":
            json_format.ParseDict(document["predicate"], messages["in_toto_attestation.predicates.provenance.v1.Provenance"]())
    except json_format.ParseError as error:
        faults.append(str(error))
print(json.dumps(faults))
`;

function protobufFaults(documents: readonly Json[]): unknown {
  const input = JSON.stringify(documents);
  const answer = execFileSync('/usr/bin/python3', ['-c', parseStatements, schemas ?? ''], {
    input,
    encoding: 'utf8',
  });
  return JSON.parse(answer);
}
