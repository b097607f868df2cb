import { hexOf, type Json } from '../core/index.ts';
import { billDigest, imageName, uuidOf, type Bill } from './bill.ts';
import type { Component } from './component.ts';

const imageReference = 'image';

/** A bill of materials as CycloneDX 1.6 in JSON. */
export function cycloneDx(bill: Bill): Json {
  const { name, image, components, created, version, unlocked } = bill;
  const listed = components.map(one => component(one));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(billDigest(bill, 'cyclonedx'))}`,
    version: 1,
    metadata: {
      timestamp: created,
      lifecycles: [{ phase: bill.of === 'locked' ? 'build' : 'post-build' }],
      tools: { components: [{ type: 'application', name: 'holdfast', version }] },
      component: {
        type: 'container',
        'bom-ref': imageReference,
        name: imageName(bill),
        version: image,
        ...(name?.startsWith('pkg:') && { purl: name }),
        hashes: [{ alg: 'SHA-256', content: hexOf(image) }],
      },
    },
    components: listed,
    dependencies: [
      { ref: imageReference, dependsOn: components.map(({ id }) => id) },
      ...components.map(({ id }) => ({ ref: id })),
    ],
    // CycloneDX: what is not said to be complete may be anything.
    compositions: [
      { aggregate: unlocked > 0 ? 'incomplete' : wholeness[bill.of], dependencies: [imageReference] },
      ...(components.length > 0
        ? [{ aggregate: 'unknown', dependencies: components.map(({ id }) => id) }]
        : []),
    ],
  };
}

/** A lock names all that a build took; who looks for packages in an image finds those that left a record. */
const wholeness = { locked: 'complete', installed: 'unknown' } as const;

const types = { image: 'container', file: 'file' } as const;

function component(one: Component): Json {
  const { id, kind, version, purl, sha256, size, source } = one;
  const properties = [
    { name: 'holdfast:kind', value: kind },
    ...(size === undefined ? [] : [{ name: 'holdfast:size', value: String(size) }]),
    ...(source === undefined ? [] : [{ name: 'holdfast:source', value: `${source.name} ${source.version}` }]),
  ];
  return {
    type: kind === 'image' || kind === 'file' ? types[kind] : 'library',
    'bom-ref': id,
    ...names(one),
    ...(version !== undefined && { version }),
    ...(purl !== undefined && { purl }),
    ...(sha256 !== undefined && { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    ...externalReferences(one),
    properties,
  };
}

/** What npm calls a scope and Maven a group is a member of its own. */
function names({ kind, name }: Component) {
  const [, group, rest] = (kind === 'npm' ? /^(@[^/]+)\/(.+)$/ : /^([^:]+):(.+)$/).exec(name) ?? [];
  const grouped = (kind === 'npm' || kind === 'maven') && group !== undefined && rest !== undefined;
  return grouped ? { group, name: rest } : { name };
}

function externalReferences({ kind, url }: Component) {
  if (url === undefined) return {};
  return { externalReferences: [{ type: kind === 'git' ? 'vcs' : 'distribution', url }] };
}
