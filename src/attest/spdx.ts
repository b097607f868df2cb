import { hexOf, sha256, type Digest, type Json } from '../core/index.ts';
import { packageUrl, type PackageName } from './package-url.ts';
import { statement, type Statement } from './statement.ts';

export interface SbomFacts {
  readonly name: string | undefined;
  readonly image: Digest;
  readonly packages: readonly PackageName[];
  /** ID of os-release(5). */
  readonly distribution: string | undefined;
  /** RFC 3339. */
  readonly created: string;
  readonly version: string;
}

/** What is installed in an image, as SPDX 2.3 in JSON. */
export function spdxStatement(facts: SbomFacts): Statement {
  const { name, image, packages, distribution, created, version } = facts;
  const root = { ...package_('SPDXRef-image', name ?? 'image', image), primaryPackagePurpose: 'CONTAINER' };
  const listed = packages.map(one => {
    const purl = packageUrl(one, distribution);
    // Identifiers take letters, digits, dots and hyphens only (SPDX 2.3, 7.2).
    const id = `SPDXRef-${one.kind}-${hexOf(sha256(`${one.name} ${one.version} ${one.architecture ?? ''}`)).slice(0, 16)}`;
    return {
      ...package_(id, one.name, one.version),
      ...(purl !== undefined && {
        externalRefs: [
          { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
        ],
      }),
    };
  });
  const relationships = [
    relationship('SPDXRef-DOCUMENT', 'DESCRIBES', root.SPDXID),
    ...listed.map(({ SPDXID }) => relationship(root.SPDXID, 'CONTAINS', SPDXID)),
  ];
  const predicate: Json = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: name ?? 'image',
    documentNamespace: `urn:holdfast:sbom:${hexOf(image)}`,
    creationInfo: { created, creators: [`Tool: holdfast-${version}`] },
    packages: [root, ...listed],
    relationships,
  };
  return statement(name, image, 'https://spdx.dev/Document', predicate);
}

/** Licences are not looked up, and SPDX has a word for that. */
function package_(id: string, name: string, version: string) {
  return {
    SPDXID: id,
    name,
    versionInfo: version,
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
