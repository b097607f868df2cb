import {
  annotated,
  installedComponents,
  lockedDistribution,
  provenanceStatement,
  sbomStatement,
  withAttestations,
  type Annotations,
  type Attested,
  type BillFormat,
  type Statement,
} from '../attest/index.ts';
import { formatPlatform } from '../core/index.ts';
import { gzipRecipe } from '../image/index.ts';
import { inputsBySection } from '../lock/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { packagesOf } from './installed.ts';
import type { LockedBuild } from './record-build.ts';
import type { PlatformBuilds } from './platforms.ts';
import type { Project } from './project.ts';
import type { BuildRuntime } from './runtime.ts';

/** What is said of an image beside what it holds. None of it changes what the lock names. */
export interface Decoration {
  readonly annotations: Annotations;
  /** `max` tells the build arguments as well. */
  readonly provenance: 'min' | 'max' | undefined;
  readonly sbom: BillFormat | undefined;
  /** The image's first name, as a package URL. */
  readonly name: string | undefined;
  /** Of this program. */
  readonly version: string;
}

/**
 * The image as it is published: with annotations in its manifests, and an index where there are several, or something
 * is claimed of them. The same build gives the same bytes.
 * @throws NamespacesNeeded where a list of packages is asked for outside of them
 */
export async function decorated(
  { image, builds }: PlatformBuilds<LockedBuild>,
  project: Project,
  decoration: Decoration,
  runtime: BuildRuntime,
): Promise<TaggedDescriptor> {
  const { annotations, provenance, sbom } = decoration;
  if (annotations.length === 0 && provenance === undefined && sbom === undefined) return image;
  const attested: Attested[] = [];
  for (const build of builds) {
    const published = await annotated(runtime.store, build.image, annotations);
    attested.push({
      image: published,
      statements: await statementsOf({ ...build, image: published }, project, decoration, runtime),
    });
  }
  const [only] = attested;
  const own = annotations.filter(({ level }) => level === 'index').map(({ name, value }) => [name, value]);
  const needsIndex = attested.length > 1 || own.length > 0 || image.digest !== builds[0].image.digest;
  if (only !== undefined && !needsIndex && only.statements.length === 0) return only.image;
  return withAttestations(runtime.store, attested, Object.fromEntries(own));
}

async function statementsOf(
  build: LockedBuild,
  { dockerfileName, request, arguments: given }: Project,
  { provenance, sbom, name, version }: Decoration,
  runtime: BuildRuntime,
): Promise<Statement[]> {
  const { image, inputs, config, recording } = build;
  const statements: Statement[] = [];
  if (sbom !== undefined) {
    const { packages, distribution } = await packagesOf(build, runtime);
    const bill = {
      name,
      image: image.digest,
      of: 'installed' as const,
      components: installedComponents(packages, inputs, distribution),
      unlocked: inputs.filter(({ section }) => section === 'unlocked').length,
      created: config.created ?? recording.asOf,
      version,
    };
    statements.push(sbomStatement(bill, sbom));
  }
  if (provenance !== undefined)
    statements.push(
      provenanceStatement({
        ownersLost: !runtime.sandbox.keepsOwners,
        name,
        image: image.digest,
        inputs,
        distribution: lockedDistribution(inputsBySection(inputs)),
        dockerfile: dockerfileName,
        target: request.target,
        platform: formatPlatform(image.platform ?? request.platform),
        asOf: recording.asOf,
        version,
        recipes: { compression: gzipRecipe, withoutRules: request.withoutRules.toSorted() },
        arguments: provenance === 'max' ? given : undefined,
      }),
    );
  return statements;
}
