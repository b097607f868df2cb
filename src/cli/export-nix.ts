import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readConfiguration } from '../build/index.ts';
import { integrityError, isDigest, sha256, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import { kinds } from '../kinds/index.ts';
import type { InputLine, InputSection } from '../lock/index.ts';
import { nixExpression, type NixImage } from '../nix/index.ts';
import { parseReference, type Reference, type RegistryClient } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import { placeBeside } from './build-choice.ts';
import {
  addLockedOptions,
  configurationBeside,
  narrowedLock,
  readNamedLock,
  type LockedOptions,
} from './locked-build.ts';
import { addStoreOptions, openStore, withRegistry } from './store-common.ts';

interface NixOptions extends LockedOptions {
  readonly output?: string;
  readonly images: boolean;
}

export function exportNixCommand(program: Command): void {
  const command = program
    .command('nix')
    .description('a Nix expression that takes every locked image, package, commit and file by its hash');
  addStoreOptions(addLockedOptions(command))
    .option('-o, --output <file>', 'where to write it; default standard output')
    .option('--no-images', 'leave out the images')
    .action(async (given: string, options: NixOptions) => {
      const place = placeBeside(given, options);
      const lock = await narrowedLock(await readNamedLock(place), options);
      const { snapshots, plainHttp } = await readConfiguration(configurationBeside(place));
      const store = await openStore(options);
      const images = options.images
        ? await withRegistry(
            registry => imagesOf(lock.inputs.image, { store, registry, plainHttp }),
            plainHttp,
          )
        : [];
      const asOf = new Date(lock.asOf);
      const mirrors = (section: InputSection, url: string) =>
        kinds.find(({ name }) => name === section)?.sources?.(url, { asOf, snapshots }) ?? [];
      const text = nixExpression({ lock, images, mirrors });
      if (options.output === undefined) process.stdout.write(text);
      else writeFileSync(options.output, text);
    });
}

interface ImagePlaces {
  readonly store: Store;
  readonly registry: () => Promise<RegistryClient>;
  readonly plainHttp: readonly string[];
}

async function imagesOf(lines: readonly InputLine[], places: ImagePlaces): Promise<NixImage[]> {
  const images: NixImage[] = [];
  for (const { reference, platform, manifest } of lines) {
    if (!isDigest(manifest)) continue;
    const repository = parseReference(String(reference).replace(/@.*$/s, ''));
    const bytes = await manifestBytes(repository, manifest, places);
    const document = parseManifest(bytes);
    if (document.kind !== 'manifest') throw notAnImage(manifest);
    const { config, layers, mediaType } = document.manifest;
    images.push({
      reference: String(reference),
      platform: String(platform),
      repository: repositoryAddress(repository, places.plainHttp),
      manifest,
      mediaType: mediaType ?? 'application/vnd.oci.image.manifest.v1+json',
      size: bytes.byteLength,
      config: config.digest,
      layers: [...new Set(layers.map(({ digest }) => digest))],
    });
  }
  return images;
}

/** Of the store; else its registry is asked for it, by the digest. */
async function manifestBytes(
  repository: Reference,
  digest: Digest,
  { store, registry }: ImagePlaces,
): Promise<Buffer> {
  if (await store.has(digest)) return store.readBytes(digest);
  const { domain, path } = repository;
  const bytes = Buffer.from((await (await registry()).manifest({ domain, path, digest })).bytes);
  if (sha256(bytes) === digest) return bytes;
  throw notAnImage(digest);
}

/** Where the distribution API of a repository begins. Docker's registry has another host than its images say. */
function repositoryAddress({ domain, path }: Reference, plainHttp: readonly string[]): string {
  const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain;
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(host);
  return `${isLocal || plainHttp.includes(host) ? 'http' : 'https'}://${host}/v2/${path}`;
}

const notAnImage = (digest: Digest) =>
  integrityError('MANIFEST_INVALID', `${digest} is not the manifest of an image`, {
    next: 'Lock again, or leave the images out: --no-images.',
  });
