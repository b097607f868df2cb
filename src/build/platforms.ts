import { formatPlatform, type Platform } from '../core/index.ts';
import { truthValue } from '../dockerfile/index.ts';
import { formatManifest, mediaTypes } from '../image/index.ts';
import { disagreements } from '../lock/index.ts';
import type { Store, TaggedDescriptor } from '../store/index.ts';
import { readLockState, type LockState } from './locking.ts';
import { checksumOf, type Project } from './project.ts';
import type { LockedBuild } from './record-build.ts';
import type { BuildRuntime } from './runtime.ts';

/** A project once for each platform that it is built for. */
export type PlatformProjects = readonly [Project, ...Project[]];

/** Of one platform or none the project itself. */
export function forPlatforms(project: Project, platforms: readonly Platform[]): PlatformProjects {
  const [first, ...others] = platforms;
  if (first === undefined || others.length === 0) return [project];
  const forPlatform = (platform: Platform): Project => {
    const request = { ...project.request, platform, platformGiven: true };
    return { ...project, request, checksum: checksumOf({ ...project, request }) };
  };
  return [forPlatform(first), ...others.map(forPlatform)];
}

/** What was built for each platform, and the image that it all is. */
export interface PlatformBuilds<Build> {
  readonly image: TaggedDescriptor;
  readonly builds: readonly [Build, ...Build[]];
}

/**
 * Builds a project's platforms one after the other, so that each finds in the lock what those before it took, and
 * says where they came to other versions.
 */
export async function buildPlatforms<Build extends LockedBuild>(
  projects: PlatformProjects,
  runtime: BuildRuntime,
  build: (project: Project, state: LockState) => Promise<Build>,
): Promise<PlatformBuilds<Build>> {
  const one = async (project: Project) => {
    if (projects.length > 1) runtime.note(`building for ${formatPlatform(project.request.platform)}`);
    return build(project, await readLockState(project, runtime));
  };
  const builds: [Build, ...Build[]] = [await one(projects[0])];
  for (const project of projects.slice(1)) builds.push(await one(project));
  noteDisagreements(builds, runtime);
  return { image: await imageOf(builds, projects[0], runtime.store), builds };
}

/** How many differences are told of one by one. */
const mostNamed = 8;

function noteDisagreements(builds: readonly LockedBuild[], { note }: BuildRuntime): void {
  const found = disagreements(builds.map(({ image, inputs }) => ({ name: platformName(image), inputs })));
  for (const { section, name, versions } of found.slice(0, mostNamed)) {
    const texts = [...versions].map(([platform, list]) => `${list.join(', ')} for ${platform}`);
    note(`the platforms differ in ${section} ${name}: ${texts.join('; ')}`);
  }
  if (found.length > mostNamed) note(`the platforms differ in ${found.length - mostNamed} more inputs`);
}

const platformName = ({ platform }: TaggedDescriptor) => (platform ? formatPlatform(platform) : 'unknown');

/**
 * The image of a build: of one platform its manifest; of several an index of them, in the order that the user gave
 * (OCI image-spec, image-index.md). BuildKit's argument BUILDKIT_MULTI_PLATFORM asks for an index of one.
 */
async function imageOf(
  builds: readonly [LockedBuild, ...LockedBuild[]],
  project: Project,
  store: Store,
): Promise<TaggedDescriptor> {
  const asked = truthValue(project.arguments['BUILDKIT_MULTI_PLATFORM'] ?? '') === true;
  if (builds.length === 1 && !asked) return builds[0].image;
  const manifests = builds.map(({ image: { mediaType, digest, size, platform } }) => ({
    mediaType,
    digest,
    size,
    ...(platform && { platform: { ...platform } }),
  }));
  const bytes = formatManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  return { mediaType: mediaTypes.ociIndex, ...(await store.put(bytes)) };
}
