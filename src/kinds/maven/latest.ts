import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import type { VersionOrder } from '../version-order.ts';
import { elementAt, parseXml } from '../xml.ts';
import { compareVersions, isPrerelease } from './version.ts';

export const mavenVersions: VersionOrder = { compare: compareVersions, isPrerelease };

const largestMetadata = 4 * 1024 * 1024;

/** By the `maven-metadata.xml` two directories above each file. It has no times of versions. */
export async function latestArtifacts(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  return lookUpEach(
    inputs,
    context,
    ({ url = '' }) => /^(.+)\/[^/]+\/[^/]+$/.exec(url)?.[1],
    directory => readIndex(`${directory}/maven-metadata.xml`, context, versionsIn),
    (input, versions) =>
      lookUpAmong(
        versions.map(version => ({ version })),
        input,
        mavenVersions,
      ),
  );
}

function versionsIn(body: Buffer): string[] | undefined {
  if (body.length > largestMetadata) return undefined;
  const list = elementAt(parseXml(body.toString()), 'versioning', 'versions');
  return list?.children.filter(({ name }) => name === 'version').map(({ text }) => text);
}
