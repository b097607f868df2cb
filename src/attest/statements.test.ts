import { expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { openVex, type VexFacts } from './openvex.ts';
import { provenanceStatement } from './provenance.ts';
import { hex, inputs } from './testing.ts';

const debian = { id: 'debian', version: '12' };
const hold = (name: string, why: string) => ({ name, until: '2026-12-31', why });
const facts: VexFacts = {
  name: undefined,
  image: sha256('image'),
  inputs,
  distribution: debian,
  holds: [],
  author: 'Security <security@example.org>',
  timestamp: '2026-07-01T00:00:00Z',
  version: '0.1.0',
};

interface Vex {
  readonly '@id': string;
  readonly statements: readonly Record<string, unknown>[];
}
const vex = (...holds: VexFacts['holds'][number][]) => openVex({ ...facts, holds }) as unknown as Vex;

/** OpenVEX 0.2.0: what each status must come with, and may not. */
function faults({ statements }: Vex): unknown[] {
  return statements.filter(({ vulnerability, products, status, justification, action_statement: action }) => {
    const named = typeof (vulnerability as { name?: unknown }).name === 'string';
    const complete =
      status === 'affected'
        ? typeof action === 'string' && justification === undefined
        : status === 'not_affected'
          ? justification !== undefined && action === undefined
          : status === 'under_investigation' && justification === undefined;
    return !named || (products as unknown[]).length === 0 || !complete;
  });
}

test('a hold whose reason names advisories says how the image stands to each', () => {
  const document = vex(
    hold('curl', 'CVE-2026-12345 and GHSA-2345-6789-cfgh, the fix breaks us; CVE-2026-12345'),
    hold('pypi', 'PYSEC-2026-7: vulnerable_code_not_in_execute_path'),
    hold('express', 'CVE-2026-99999 is under_investigation'),
    hold('serde', 'nothing of a vulnerability'),
  );
  expect(faults(document)).toEqual([]);
  expect(document).toMatchObject({ '@context': 'https://openvex.dev/ns/v0.2.0', version: 1 });
  expect(document.statements).toMatchObject([
    {
      vulnerability: { name: 'CVE-2026-12345' },
      status: 'affected',
      action_statement: expect.stringMatching(/^curl is held back until 2026-12-31: CVE/),
      products: [
        {
          '@id': `urn:oci:${sha256('image')}`,
          hashes: { 'sha-256': hex('image') },
          subcomponents: [{ '@id': 'pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12' }],
        },
      ],
    },
    { vulnerability: { name: 'GHSA-2345-6789-cfgh' }, status: 'affected' },
    {
      vulnerability: { name: 'PYSEC-2026-7' },
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      products: [{ subcomponents: [{ '@id': 'pkg:pypi/typing-extensions@4.12.2' }] }],
    },
    { vulnerability: { name: 'CVE-2026-99999' }, status: 'under_investigation' },
  ]);
});

test('holds that name no advisory make no document, which could not be without a statement', () => {
  expect(() => vex(hold('serde', 'nothing of a vulnerability'))).toThrow(
    expect.objectContaining({ code: 'VEX_EMPTY' }) as Error,
  );
});

test('the same holds have the same identity, and others another', () => {
  const [a, b] = [vex(hold('curl', 'CVE-2026-1111')), vex(hold('curl', 'CVE-2026-2222'))];
  expect(a['@id']).toBe(vex(hold('curl', 'CVE-2026-1111'))['@id']);
  expect(a['@id']).not.toBe(b['@id']);
});

test('provenance: every input of the lock is a resolved dependency, by digest where it has one', () => {
  const { predicateType, document } = provenanceStatement({
    name: 'pkg:docker/app@1',
    image: sha256('image'),
    inputs,
    distribution: debian,
    dockerfile: 'Dockerfile',
    target: 'final',
    platform: 'linux/amd64',
    asOf: '2026-07-01T00:00:00Z',
    version: '0.1.0',
    recipes: {},
    ownersLost: false,
    arguments: undefined,
  });
  expect(predicateType).toBe('https://slsa.dev/provenance/v1');
  const { predicate } = document as {
    predicate: {
      buildDefinition: {
        resolvedDependencies: { uri: string; digest?: object; annotations: { kind: string } }[];
      };
    };
  };
  const found = predicate.buildDefinition.resolvedDependencies;
  expect(found.map(({ annotations }) => annotations.kind)).toEqual(inputs.map(({ section }) => section));
  expect(found.filter(({ digest }) => digest === undefined).map(({ uri }) => uri)).toEqual([
    'https://example.org/moved',
    'https://example.org/private',
  ]);
  expect(found.find(({ annotations }) => annotations.kind === 'archives')).toMatchObject({
    uri: 'http://deb.example.org/debian/',
    name: 'bookworm-updates',
  });
  expect(found.find(({ uri }) => uri.startsWith('pkg:npm/express'))).toEqual({
    uri: 'pkg:npm/express@4.18.2',
    name: 'express 4.18.2',
    digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    downloadLocation: 'https://npm.example.org/express/-/express-4.18.2.tgz',
    annotations: { kind: 'npm' },
  });
});
