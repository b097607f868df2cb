import { hexOf, type Json } from '../core/index.ts';
import { billDigest, imageName, uuidOf, type Bill } from './bill.ts';
import type { Component } from './component.ts';

const document = 'SPDXRef-DOCUMENT';
const root = 'SPDXRef-image';

/** A bill of materials as SPDX 2.3 in JSON. */
export function spdx(bill: Bill): Json {
  const { name, image, components, created, version, unlocked } = bill;
  const whole = {
    ...packageOf(root, imageName(bill), image),
    primaryPackagePurpose: 'CONTAINER',
    checksums: checksums(hexOf(image)),
    ...(name?.startsWith('pkg:') && { externalRefs: packageReference(name) }),
    ...(unlocked > 0 && { comment: `${unlocked} things that the build took could not be locked.` }),
  };
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: document,
    name: imageName(bill),
    documentNamespace: `urn:uuid:${uuidOf(billDigest(bill, 'spdx'))}`,
    creationInfo: { created, creators: [`Tool: holdfast-${version}`] },
    packages: [whole, ...components.map(component)],
    relationships: [
      relationship(document, 'DESCRIBES', root),
      ...components.map(one => relationship(root, relationOf(bill, one), spdxId(one))),
    ],
  };
}

const spdxId = ({ id }: Component) => `SPDXRef-${id}`;

function relationOf({ of }: Bill, { kind }: Component): string {
  if (kind === 'image') return 'DESCENDANT_OF';
  return of === 'installed' ? 'CONTAINS' : 'DEPENDS_ON';
}

const purposes = { image: 'CONTAINER', file: 'FILE', git: 'SOURCE' } as const;

function component(one: Component) {
  const { kind, name, version, purl, sha256, url, commit, source } = one;
  const purpose = kind === 'image' || kind === 'file' || kind === 'git' ? purposes[kind] : 'LIBRARY';
  return {
    ...packageOf(spdxId(one), name, version),
    ...(url !== undefined && { downloadLocation: commit === undefined ? url : `git+${url}@${commit}` }),
    ...(sha256 !== undefined && { checksums: checksums(sha256) }),
    ...(source !== undefined && {
      sourceInfo: `built from the source package ${source.name} ${source.version}`,
    }),
    ...(purl !== undefined && { externalRefs: packageReference(purl) }),
    primaryPackagePurpose: purpose,
  };
}

const checksums = (hex: string) => [{ algorithm: 'SHA256', checksumValue: hex }];

function packageReference(purl: string) {
  return [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }];
}

/** Licences are not looked up, and SPDX has a word for that. */
function packageOf(id: string, name: string, version: string | undefined) {
  return {
    SPDXID: id,
    name,
    ...(version !== undefined && { versionInfo: version }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
  };
}

function relationship(from: string, type: string, to: string) {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
