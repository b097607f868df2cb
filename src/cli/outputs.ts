import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { formatPlatform, usageError } from '../core/index.ts';
import {
  familiarReference,
  formatReference,
  openDestination,
  parseReference,
  parseTransport,
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
    .option('--iidfile <file>', 'write the digest of the image to a file')
    .option('--metadata-file <file>', 'write digests and names of the image to a file, as buildx does');
}

type Output =
  | { readonly kind: 'transport'; readonly transport: Transport }
  | { readonly kind: 'local'; readonly directory: string }
  | { readonly kind: 'tar'; readonly file: string };

/** What the options ask for, read before anything is built. */
export interface Outputs extends Attestations {
  readonly names: readonly Reference[];
  readonly outputs: readonly Output[];
  readonly annotations: Annotations;
}

/** @throws HoldfastError OUTPUT_INVALID, TRANSPORT_INVALID, REFERENCE_INVALID, ANNOTATION_INVALID, ATTESTATION_INVALID (exit 2) */
export function outputsFrom(options: OutputOptions): Outputs {
  const names = (options.tag ?? []).map(text => withDefaultTag(parseReference(text)));
  const named = (kind: 'docker' | 'docker-daemon', why: string): Output[] => {
    if (names.length === 0) throw invalid(why, 'it needs a name');
    return names.map(reference => ({ kind: 'transport', transport: { kind, reference } }));
  };
  return {
    names,
    outputs: [
      ...(options.output ?? []).flatMap(text => parseOutput(text, named)),
      ...(options.push === true ? named('docker', '--push') : []),
      ...(options.load === true ? named('docker-daemon', '--load') : []),
    ],
    annotations: parseAnnotations(options.annotation ?? []),
    ...attestationsFrom(options),
  };
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
  if (output.kind === 'transport') {
    const environment = process.env;
    const destination = openDestination(output.transport, await runtime.registry(), { environment });
    await destination.write(runtime.store, image);
    const { transport } = output;
    if (transport.kind === 'docker')
      await runtime.store.notePushed(image.digest, familiarReference(transport.reference));
    runtime.note(`wrote ${destination.name}`);
    return;
  }
  for (const build of builds) {
    const { platform } = build.image;
    // As buildx does it: each platform has a directory of its own.
    const part = builds.length > 1 && platform ? formatPlatform(platform).replaceAll('/', '_') : '';
    if (output.kind === 'local') await exportDirectory(build, join(output.directory, part), runtime);
    else if (builds.length > 1) throw invalid('type=tar', 'it holds one platform');
    else await exportArchive(build, output.file, runtime);
  }
  runtime.note(`wrote ${output.kind === 'local' ? output.directory : output.file}`);
}

/** The files that `--iidfile` and `--metadata-file` name. */
export function writeFacts(
  image: TaggedDescriptor,
  { names }: Outputs,
  builds: readonly LockedBuild[],
  { iidfile, metadataFile }: OutputOptions,
): void {
  if (iidfile !== undefined) writeFileSync(iidfile, image.digest);
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

function parseOutput(
  text: string,
  named: (kind: 'docker' | 'docker-daemon', why: string) => Output[],
): Output[] {
  if (!/(?:^|,)type=/.test(text)) {
    // `-o DIR`, as buildx takes it; a transport has a colon.
    return text.includes(':')
      ? [{ kind: 'transport', transport: parseTransport(text) }]
      : [{ kind: 'local', directory: text }];
  }
  const fields = new Map(text.split(',').map(field => splitField(field)));
  const dest = fields.get('dest');
  const type = fields.get('type') ?? '';
  const own = fields.get('name')?.split(';') ?? [];
  const references = own.map(name => withDefaultTag(parseReference(name)));
  const toRegistry = (): Output[] =>
    references.length === 0
      ? named('docker', text)
      : references.map(reference => ({ kind: 'transport', transport: { kind: 'docker', reference } }));
  const place = () => {
    if (dest === undefined || dest === '' || dest === '-') throw invalid(text, 'it needs dest=PATH');
    return dest;
  };
  switch (type) {
    case 'local':
      return [{ kind: 'local', directory: place() }];
    case 'tar':
      return [{ kind: 'tar', file: place() }];
    case 'oci': {
      const isDirectory = fields.get('tar') === 'false';
      const transport: Transport = isDirectory
        ? { kind: 'oci', directory: place() }
        : { kind: 'oci-archive', file: place() };
      return [{ kind: 'transport', transport }];
    }
    case 'docker': {
      if (dest === undefined) return named('docker-daemon', text);
      const [reference] = references;
      return [
        {
          kind: 'transport',
          transport: { kind: 'docker-archive', file: place(), ...(reference && { reference }) },
        },
      ];
    }
    case 'registry':
      return toRegistry();
    case 'image':
      return fields.get('push') === 'true' ? toRegistry() : [];
    default:
      throw invalid(text, `there is no type ${type}`);
  }
}

export function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, 'true'] : [field.slice(0, at), field.slice(at + 1)];
}

/** As BuildKit names an image in what is said of it. */
export function packageUrlOf(reference: Reference): string {
  const [path, version = 'latest'] = familiarReference(reference).split(/:(?=[^:/]*$)/);
  return `pkg:docker/${path}@${version}`;
}

function invalid(text: string, why: string) {
  return usageError('OUTPUT_INVALID', `${text.slice(0, 120)} says no place to write to: ${why}`, {
    next: 'Write it as `docker buildx build` takes it, or as oci:DIR, docker-archive:FILE, docker://REF.',
  });
}
