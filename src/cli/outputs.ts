import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { parseAnnotations, type Annotations } from '../attest/index.ts';
import {
  decorated,
  exportArchive,
  exportDirectory,
  type BuildRuntime,
  type LockedBuild,
  type PlatformBuilds,
  type Project,
} from '../build/index.ts';
import { formatPlatform, type Digest } from '../core/index.ts';
import { mediaTypes } from '../image/index.ts';
import {
  familiarReference,
  formatReference,
  openDestination,
  parseReference,
  withDefaultTag,
  type Reference,
  type Transport,
} from '../registry/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import {
  addAttestationOptions,
  attestationsFrom,
  type AttestationOptions,
  type Attestations,
} from './attestations.ts';
import { collect } from './collect.ts';
import { scratch } from './common.ts';
import { outputInvalid, parseOutput, type Output } from './output-fields.ts';

/** What becomes of a finished image; names and forms are those of `docker buildx build`. */
export interface OutputOptions extends AttestationOptions {
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly load?: boolean;
  readonly annotation?: readonly string[];
  readonly iidfile?: string;
  readonly metadataFile?: string;
}

export function addOutputOptions(command: Command): Command {
  return addAttestationOptions(command)
    .option('-t, --tag <ref>', 'a name for the image in the store', collect)
    .option(
      '-o, --output <dest>',
      'write the image: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE[:REF], docker://REF, docker-daemon:REF; or as buildx, type=local|tar|oci|docker|image|registry,dest=…',
      collect,
    )
    .option('--push', 'push the image under each of its names')
    .option('--load', 'load the image into Docker under each of its names')
    .option('--annotation <[level:]name=value>', 'an annotation of the published manifest', collect)
    .option('--iidfile <file>', 'write the id of the image to a file: the digest of its configuration')
    .option('--metadata-file <file>', 'write digests and names of the image to a file, as buildx does');
}

/** What the options ask for, read before anything is built. */
export interface Outputs extends Attestations {
  readonly names: readonly Reference[];
  readonly outputs: readonly Output[];
  readonly annotations: Annotations;
}

/** @throws HoldfastError OUTPUT_INVALID, TRANSPORT_INVALID, REFERENCE_INVALID, ANNOTATION_INVALID, ATTESTATION_INVALID (exit 2) */
export function outputsFrom(options: OutputOptions): Outputs {
  const { tag = [], output = [], push = false, load = false, annotation = [] } = options;
  const names = tag.map(text => withDefaultTag(parseReference(text)));
  const shorthands = [...(push ? ['type=registry'] : []), ...(load ? ['type=docker'] : [])];
  const parsed = [...output.filter(text => text !== ''), ...shorthands].map(text => parseOutput(text, names));
  const outputs = parsed.flatMap(one => one.outputs);
  const toStdout = outputs.filter(one => 'stdout' in one);
  if (toStdout.length > 1 || (toStdout.length > 0 && isatty(1)))
    throw outputInvalid('-', 'an archive goes to a file or to one program that reads it');
  return {
    names: [...names, ...parsed.flatMap(one => one.names)],
    outputs,
    annotations: parseAnnotations([...annotation, ...parsed.flatMap(one => one.annotations)]),
    ...attestationsFrom(options),
  };
}

/** Whether standard output is an image, and so takes no other word. */
export function takesStdout({ outputs }: Outputs): boolean {
  return outputs.some(output => 'stdout' in output);
}

/** Writes what was built to where it shall be. @returns the published image */
export async function writeOutputs(
  built: PlatformBuilds<LockedBuild>,
  project: Project,
  outputs: Outputs,
  runtime: BuildRuntime,
): Promise<TaggedDescriptor> {
  const [name] = outputs.names;
  const image = await decorated(
    built,
    project,
    { ...outputs, name: name && packageUrlOf(name), version: manifest.version },
    runtime,
  );
  for (const reference of outputs.names) await runtime.store.tag(familiarReference(reference), image);
  for (const output of outputs.outputs) await written(output, image, built.builds, runtime);
  return image;
}

async function written(
  output: Output,
  image: TaggedDescriptor,
  builds: readonly LockedBuild[],
  runtime: BuildRuntime,
): Promise<void> {
  if ('stdout' in output) {
    const file = join(await scratch(), 'image.tar');
    await writtenTo(inFile(output, file), image, builds, runtime);
    await pipeline(createReadStream(file), process.stdout);
    return;
  }
  runtime.note(`wrote ${await writtenTo(output, image, builds, runtime)}`);
}

/** The output with a file in the place of standard output. */
function inFile(output: Output, file: string): Output {
  if (output.kind === 'tar') return { kind: 'tar', file };
  if (output.kind === 'local') return output;
  const { transport, names = [] } = output;
  return { kind: 'transport', transport: 'file' in transport ? { ...transport, file } : transport, names };
}

/** @returns how the place is called */
async function writtenTo(
  output: Output,
  image: TaggedDescriptor,
  builds: readonly LockedBuild[],
  runtime: BuildRuntime,
): Promise<string> {
  if (output.kind === 'transport') {
    const { names = [] } = output;
    const transport = output.byDigest ? byDigest(output.transport, image.digest) : output.transport;
    const destination = openDestination(transport, await runtime.registry(), {
      environment: process.env,
      names,
    });
    await destination.write(runtime.store, image);
    if (transport.kind === 'docker' && !output.byDigest)
      await runtime.store.notePushed(image.digest, familiarReference(transport.reference));
    return destination.name;
  }
  for (const build of builds) {
    const { platform } = build.image;
    // As buildx does it: each platform has a directory of its own.
    const part = builds.length > 1 && platform ? formatPlatform(platform).replaceAll('/', '_') : '';
    if (output.kind === 'local') await exportDirectory(build, join(output.directory, part), runtime);
    else if (builds.length > 1) throw outputInvalid('type=tar', 'it holds one platform');
    else await exportArchive(build, output.file, runtime);
  }
  return output.kind === 'local' ? output.directory : output.file;
}

function byDigest(transport: Transport, digest: Digest): Transport {
  if (transport.kind !== 'docker') return transport;
  const { domain, path } = transport.reference;
  return { kind: 'docker', reference: { domain, path, digest } };
}

/** What Docker, buildx and buildah call an image's id: the digest of its configuration; of an index, its own. */
export function imageId(image: TaggedDescriptor, builds: readonly LockedBuild[]): string {
  const [only] = builds;
  return builds.length === 1 && only && image.mediaType !== mediaTypes.ociIndex
    ? only.configDigest
    : image.digest;
}

/** The files that `--iidfile` and `--metadata-file` name. */
export function writeFacts(
  image: TaggedDescriptor,
  { names }: Outputs,
  builds: readonly LockedBuild[],
  { iidfile, metadataFile }: OutputOptions,
): void {
  if (iidfile !== undefined) writeFileSync(iidfile, imageId(image, builds));
  if (metadataFile === undefined) return;
  const { mediaType, digest, size } = image;
  const [only] = builds;
  const facts = {
    ...(builds.length === 1 && only && { 'containerimage.config.digest': only.configDigest }),
    'containerimage.descriptor': { mediaType, digest, size },
    'containerimage.digest': digest,
    ...(names.length > 0 && { 'image.name': names.map(formatReference).join(',') }),
  };
  writeFileSync(metadataFile, `${JSON.stringify(facts, undefined, 2)}\n`);
}

/** As BuildKit names an image in what is said of it. */
export function packageUrlOf(reference: Reference): string {
  const [path, version = 'latest'] = familiarReference(reference).split(/:(?=[^:/]*$)/);
  return `pkg:docker/${path}@${version}`;
}
