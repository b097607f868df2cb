import { zipOf } from '../pypi/zip.ts';
import { hexDigest, type Pages } from './pages.ts';

export interface MavenArtifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** A `pom` has no jar. */
  readonly packaging: 'jar' | 'pom';
  /** `group:artifact:version` of each that it needs. */
  readonly dependencies?: readonly string[];
}

/** A repository of Maven's layout below `base`, each file with its SHA-1 beside it. */
export function mavenPages(artifacts: readonly MavenArtifact[], base: string): Pages {
  const pages = new Map<string, Buffer>();
  const put = (path: string, bytes: Buffer) => {
    pages.set(path, bytes).set(`${path}.sha1`, Buffer.from(hexDigest('sha1', bytes)));
  };
  for (const one of artifacts) {
    const { group, artifact, version, packaging } = one;
    const stem = `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${artifact}-${version}`;
    put(`${stem}.pom`, Buffer.from(pomOf(one)));
    const manifest = { path: 'META-INF/MANIFEST.MF', content: Buffer.from('Manifest-Version: 1.0\n') };
    if (packaging === 'jar') put(`${stem}.jar`, zipOf([manifest]));
  }
  return pages;
}

function pomOf({ group, artifact, version, packaging, dependencies = [] }: MavenArtifact): string {
  const needs = dependencies.map(text => {
    const [groupId, artifactId, number] = text.split(':');
    return `<dependency>${coordinates(groupId, artifactId, number)}</dependency>`;
  });
  const own = `${coordinates(group, artifact, version)}<packaging>${packaging}</packaging>`;
  return `<project><modelVersion>4.0.0</modelVersion>${own}<dependencies>${needs.join('')}</dependencies></project>`;
}

function coordinates(group = '', artifact = '', version = ''): string {
  return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
}
