import { canonicalJson, sha256, type Digest, type Platform } from '../core/index.ts';
import { frontendNotice } from '../dockerfile/index.ts';
import { formatImageConfig, mediaTypes, type ImageConfig } from '../image/index.ts';
import type { InstalledPackage, KindName } from '../kinds/index.ts';
import type { Recording } from '../lock/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { frontendNamed, unusedBuildArguments } from './arguments.ts';
import { Builder } from './builder.ts';
import type { BuiltStage } from './built-stage.ts';
import { contextDigest } from './files/index.ts';
import { imageManifest } from './image-manifest.ts';
import { newlyInstalled } from './installed.ts';
import type { Project } from './project.ts';
import { serviceKey, type BuildInput, type BuildRuntime } from './runtime.ts';
import { takenImage } from './service-images.ts';

/** A finished build: its image is in the store. */
export interface BuildOutcome {
  readonly image: TaggedDescriptor;
  readonly config: ImageConfig;
  readonly configDigest: Digest;
  /**
   * Where base layers are at hand in another form than that in which they were published: the digest that the image
   * would have with them as they were.
   */
  readonly standsFor?: Digest | undefined;
  readonly recording: Omit<Recording, 'inputs'>;
  /** Over the context's files that the build copied. */
  readonly context: Digest;
  /** What the image holds beyond the one that it began from; nothing where every step came from the cache. */
  readonly installed?: ReadonlyMap<KindName, readonly InstalledPackage[]> | undefined;
}

/** Builds the project's target. @throws NamespacesNeeded, and what steps, images and the store throw */
export async function executeBuild(input: BuildInput, runtime: BuildRuntime): Promise<BuildOutcome> {
  for (const name of unusedBuildArguments(input.project))
    runtime.note(`--build-arg ${name} is not used: no ARG declares it`);
  const frontend = frontendNamed(input.project);
  const notice = frontend === undefined ? undefined : frontendNotice(frontend);
  if (notice !== undefined) runtime.note(notice);
  for (const warning of input.project.dockerfile.warnings)
    runtime.note(`${input.project.dockerfileName}:${warning.range.line}: ${warning.message}`);
  if (input.project.fetched) input.ledger.tookStep(input.project.fetched.recording);
  const { service, platform } = input.project.request;
  const outcome = service?.isImage === true ? await takenImage(input, runtime) : await built(input, runtime);
  if (service !== undefined)
    runtime.serviceImages.set(serviceKey(service.name, platform), outcome.image.digest);
  return outcome;
}

async function built(input: BuildInput, runtime: BuildRuntime): Promise<BuildOutcome> {
  const builder = new Builder(input, runtime);
  try {
    return await assemble(builder, await builder.target());
  } finally {
    // A step beside one that failed must have ended before the store and the network are closed.
    await builder.settled();
  }
}

async function assemble(builder: Builder, stage: BuiltStage): Promise<BuildOutcome> {
  const { input, runtime } = builder;
  const config = configOf(stage, input);
  const configBlob = await runtime.store.put(formatImageConfig(config));
  const recording = input.ledger.recording();
  input.onRecorded?.(recording);
  const installed = builder.ranSteps ? await newlyInstalled(stage, runtime) : undefined;
  await builder.finished();
  const layers = await Promise.all(
    stage.layers.map(async ({ blob, mediaType }) => ({ mediaType, ...(await blob) })),
  );
  const manifest = await runtime.store.put(imageManifest(configBlob, layers));
  const published = layers.map((layer, n) => stage.layers[n]?.original ?? layer);
  const isOther = stage.layers.some(({ original }) => original !== undefined);
  return {
    image: { mediaType: mediaTypes.ociManifest, ...manifest, platform: platformOf(stage, input.project) },
    config,
    configDigest: configBlob.digest,
    ...(isOther && { standsFor: sha256(imageManifest(configBlob, published)) }),
    recording,
    context: contextDigest(new Map([...builder.contextParts, ...labelParts(input.project)])),
    installed,
  };
}

/** Labels come from outside like the context's files: other ones make another image, and leave the lock fresh. */
function labelParts({ request: { labels } }: Project): [string, Digest][] {
  return Object.keys(labels).length === 0 ? [] : [['labels', sha256(canonicalJson(labels))]];
}

/** The platform that was asked for; where none was, the one of the image that the stage began from, as in BuildKit. */
function platformOf({ platform }: BuiltStage, { request }: Project): Platform {
  return request.platformGiven ? request.platform : platform;
}

/** OCI image-spec config.md, with the extensions of the Docker image specification; no clock, host or builder in it. */
function configOf(stage: BuiltStage, { project, ledger }: BuildInput): ImageConfig {
  const { os, architecture, variant } = platformOf(stage, project);
  const { labels } = project.request;
  const env = [...stage.scope.environment].map(([name, value]) => `${name}=${value}`);
  return {
    created: ledger.created,
    ...(stage.author !== undefined && { author: stage.author }),
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    config: {
      ...stage.container,
      ...(env.length > 0 && { Env: env }),
      ...(Object.keys(labels).length > 0 && { Labels: { ...stage.container.Labels, ...labels } }),
    },
    rootfs: { type: 'layers', diff_ids: stage.layers.map(({ diffId }) => diffId) },
    history: [...stage.history],
  };
}
