import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../core/index.ts';
import { familiarReference, formatReference, parseReference, withDefaultTag } from '../registry/index.ts';
import { examineSandboxes, isInside, type Isolation } from '../sandbox/index.ts';
import { buildImage, type BuildOptions } from './build-image.ts';
import { collect } from './collect.ts';
import { addPlaceOptions, type PlaceOptions } from './common.ts';
import { isolationFor, placesFor } from './environment.ts';
import { otherFlags } from './executor-flags.ts';
import { addOtherFlags, fatesOf } from './fates.ts';
import { registriesFrom, type RegistryFlags } from './executor-registries.ts';

interface ExecutorOptions extends PlaceOptions, RegistryFlags {
  readonly context: string;
  readonly contextSubPath?: string;
  readonly dockerfile?: string;
  readonly buildArg?: readonly string[];
  readonly target?: string;
  readonly label?: readonly string[];
  readonly annotation?: readonly string[];
  readonly secret?: readonly string[];
  readonly cache?: boolean;
  readonly cacheRepo?: CacheRepository;
  readonly pushCache: boolean;
  readonly customPlatform?: string;
  readonly push: boolean;
  readonly tarPath?: string;
  readonly ociLayoutPath?: string;
  readonly digestFile?: string;
  readonly imageNameWithDigestFile?: string;
  readonly imageNameTagWithDigestFile?: string;
  readonly verbosity?: string;
  readonly lockfile?: string;
}

/** kaniko's executor, flag by flag: whoever ran it changes the name of an image. See docs/from-kaniko.md. */
export function executorCommand(program: Command): void {
  const command = program
    .command('executor')
    .description("build and push with the flags of kaniko's executor")
    .option('-c, --context <place>', 'directory, dir://, tar://, git:// or https://', '/workspace')
    .option('--context-sub-path <path>', 'the part of the context that is built')
    .option('-f, --dockerfile <path>', 'the Dockerfile, in the context')
    .option('-d, --destination <ref>', 'where the image is pushed', collect)
    .option('--build-arg <name=value>', 'a value for an ARG', collect)
    .option('--target <stage>', 'the stage to build')
    .option('--label <name=value>', 'a label of the image', collect)
    .option('--annotation <name=value>', 'an annotation of the manifest', collect)
    .option('--custom-platform, --customPlatform <os/arch>', 'the platform to build for')
    .option('--no-push', 'build only')
    .option('--tar-path, --tarPath <file>', 'write what `docker load` reads')
    .option('--oci-layout-path <dir>', 'write an OCI image layout')
    .option('--digest-file <file>', 'write the digest')
    .option('--image-name-with-digest-file <file>', 'write NAME@DIGEST of each destination')
    .option('--image-name-tag-with-digest-file <file>', 'write NAME:TAG@DIGEST of each destination')
    .option('--cache', 'results of steps are left in --cache-repo, and taken from there')
    .option('--cache-repo <ref>', 'a repository for them, or oci:DIR', cacheRepository)
    .option('--no-push-cache', 'leave none there')
    .option('--registry-mirror <location>', 'where images of Docker Hub are looked for first', collect)
    .option('--registry-map <registry=other>', 'where images of a registry are looked for first', collect)
    .option('--skip-default-registry-fallback [value]', 'look for images with mirrors there alone')
    .option('--insecure [value]', 'push without TLS where the registry has none')
    .option('--insecure-registry <host>', 'a registry that may be spoken to without TLS', collect)
    .option('--registry-certificate <host=file>', "a registry's root certificate", collect)
    .option('--secret <id=NAME[,src=FILE|,env=NAME]>', 'a secret for steps that mount it', collect)
    .option('-v, --verbosity <level>', 'panic, fatal, error, warn, info, debug or trace')
    .option('--lockfile <path>', 'the lock; default holdfast.lock beside the Dockerfile');
  addOtherFlags(command, otherFlags);
  addPlaceOptions(command).action(async (options: ExecutorOptions, self: Command) => {
    const notes = fatesOf(self, otherFlags, 'EXECUTOR_FLAG');
    const { context, input } = contextOf(options.context, options.contextSubPath);
    const quiet = /^(?:panic|fatal|error)$/.test(options.verbosity ?? '');
    const isolation = options.isolation ?? (await strongestIsolation(options));
    const built = await buildImage(context, buildOptions({ ...options, isolation }, context, input, quiet));
    if (!quiet) for (const note of notes) process.stderr.write(`${note}\n`);
    writeNames(options, built.image.digest);
    process.stdout.write(`${built.image.digest}\n`);
  });
}

/** kaniko isolates nothing, so whoever runs its command asks for no more than its place: chroot, or better. */
async function strongestIsolation(options: PlaceOptions): Promise<Isolation> {
  if (process.env['HOLDFAST_ISOLATION']) return isolationFor({}, process.env);
  if (isInside()) return 'namespaces';
  const { cache } = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
  mkdirSync(cache, { recursive: true });
  const works = await examineSandboxes(cache);
  const found = works.find(({ isolation, probe }) => probe !== undefined && isolation !== 'single-id');
  return found?.isolation ?? 'namespaces';
}

function buildOptions(
  options: ExecutorOptions,
  context: string,
  standardInput: string | undefined,
  quiet: boolean,
): BuildOptions {
  const { destination = [], push, dockerfile, tarPath, ociLayoutPath } = options;
  if (push && destination.length === 0)
    throw usageError('EXECUTOR_DESTINATION', 'there is no place to push the image to', {
      next: 'Name one with --destination, or add --no-push.',
    });
  const [first] = destination.map(text => familiarReference(withDefaultTag(parseReference(text))));
  const isDirectory = standardInput === undefined && context !== '-' && !/^\w+:\/\//.test(context);
  const output = [
    ...(tarPath === undefined ? [] : [`docker-archive:${tarPath}${first === undefined ? '' : `:${first}`}`]),
    ...(ociLayoutPath === undefined ? [] : [`oci:${ociLayoutPath}`]),
  ];
  return {
    ...(options.store !== undefined && { store: options.store }),
    ...(options.cacheDir !== undefined && { cacheDir: options.cacheDir }),
    ...(options.isolation !== undefined && { isolation: options.isolation }),
    ...(options.buildArg && { buildArg: options.buildArg }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.label && { label: options.label }),
    ...(options.annotation && { annotation: options.annotation }),
    ...(options.secret && { secret: options.secret }),
    ...(options.customPlatform !== undefined && { platform: [options.customPlatform] }),
    ...(options.lockfile !== undefined && { lockfile: options.lockfile }),
    registries: registriesFrom(options),
    ...(standardInput !== undefined && { standardInput }),
    ...(dockerfile !== undefined && { file: [isDirectory ? inContext(context, dockerfile) : dockerfile] }),
    tag: destination,
    output,
    push,
    progress: quiet ? 'quiet' : options.progress,
    ...cachePlaces(options),
    // kaniko knows no lock: without one this records, in CI as well; one that is there is enforced.
    locked: 'if-there',
    cache: true,
  };
}

/** As `--cache-from` and `--cache-to` take it. */
interface CacheRepository {
  readonly from: string;
  readonly to: string;
}

/** Each result has a repository's tag in kaniko; here all have one, beside those. */
function cacheRepository(text: string): CacheRepository {
  const directory = /^oci:(.+)$/s.exec(text)?.[1];
  if (directory !== undefined)
    return { from: `type=local,src=${directory}`, to: `type=local,dest=${directory}` };
  const place = `type=registry,ref=${text}:holdfast`;
  return { from: place, to: place };
}

/** As in kaniko, results that cannot be left there are told of, and no more. */
function cachePlaces({
  cache = false,
  cacheRepo,
  pushCache,
}: ExecutorOptions): Pick<BuildOptions, 'cacheFrom' | 'cacheTo'> {
  if (!cache || cacheRepo === undefined) return {};
  const cacheTo = pushCache ? [`${cacheRepo.to},mode=max,ignore-error=true`] : [];
  return { cacheFrom: [cacheRepo.from], cacheTo };
}

const inContext = (context: string, path: string) => (path.startsWith('/') ? path : join(context, path));

/** The context as `holdfast build` takes it, and the file to be read as standard input. */
function contextOf(text: string, subPath: string | undefined): { context: string; input?: string } {
  const [, scheme = 'dir', rest = text] = /^(\w+):\/\/(.*)$/s.exec(text) ?? [];
  const inside = subPath ?? '';
  switch (scheme) {
    case 'dir':
      return { context: join(rest, inside) };
    case 'tar':
      if (inside !== '')
        throw unsupportedContext(text, '--context-sub-path is for directories and repositories');
      return rest === 'stdin' ? { context: '-' } : { context: '-', input: rest };
    case 'git': {
      // git://HOST/PATH[#REFERENCE[#COMMIT]]
      const [repository = '', reference = '', commit] = rest.split('#');
      const path = repository.endsWith('.git') ? repository : `${repository}.git`;
      return { context: `https://${path}#${commit ?? reference}${inside === '' ? '' : `:${inside}`}` };
    }
    case 'https':
      if (inside !== '')
        throw unsupportedContext(text, '--context-sub-path is for directories and repositories');
      return { context: text };
    default:
      throw unsupportedContext(text, `there is no client for ${scheme}:// here`);
  }
}

function unsupportedContext(text: string, why: string) {
  return usageError('EXECUTOR_CONTEXT', `the context ${text.slice(0, 120)} cannot be read: ${why}`, {
    next: 'Fetch it in a step before, and name the directory or the tar.',
  });
}

function writeNames(options: ExecutorOptions, digest: string): void {
  const references = (options.destination ?? []).map(text => withDefaultTag(parseReference(text)));
  const names = references.map(({ domain, path }) => `${domain}/${path}@${digest}\n`).join('');
  const tagged = references.map(reference => `${formatReference(reference)}@${digest}\n`).join('');
  const { digestFile, imageNameWithDigestFile, imageNameTagWithDigestFile } = options;
  if (digestFile !== undefined) writeFileSync(digestFile, digest);
  if (imageNameWithDigestFile !== undefined) writeFileSync(imageNameWithDigestFile, names);
  if (imageNameTagWithDigestFile !== undefined) writeFileSync(imageNameTagWithDigestFile, tagged);
}
