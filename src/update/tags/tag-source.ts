import type { BuildRuntime } from '../../build/index.ts';
import { formatPlatform, HoldfastError, parsePlatform, type Platform } from '../../core/index.ts';
import { parseManifest } from '../../image/index.ts';
import {
  familiarReference,
  parseReference,
  pickPlatform,
  repositoryName,
  type Reference,
} from '../../registry/index.ts';
import type { Store } from '../../store/index.ts';

/** Where a repository's tags are known. */
export interface TagSource {
  tags(): Promise<readonly string[]>;
  /** Of some platforms those that a tag has no image for. */
  lackingPlatforms(tag: string, platforms: readonly string[]): Promise<readonly string[]>;
}

/** What is needed of a build's runtime. */
type TagRuntime = Pick<BuildRuntime, 'store' | 'pull' | 'registry'> & {
  readonly places: Pick<BuildRuntime['places'], 'placesOf'>;
};

/** More tags than the largest repository has. */
const mostTags = 200_000;

/** The store, where the image was taken from it, as names in it come before registries; else the registry or its mirrors. */
export async function tagSource(reference: Reference, runtime: TagRuntime): Promise<TagSource> {
  const { store, pull } = runtime;
  const isHere = !pull && (await store.tagged(familiarReference(reference))) !== undefined;
  return isHere ? storeTags(reference, store) : registryTags(reference, runtime);
}

function storeTags(reference: Reference, store: Store): TagSource {
  return {
    async tags() {
      const names = (await store.tags()).map(({ name }) => name);
      return names.flatMap(name => tagIn(name, reference));
    },
    async lackingPlatforms(tag, platforms) {
      const descriptor = await store.tagged(familiarReference({ ...reference, tag }));
      if (descriptor === undefined) return platforms;
      if (descriptor.platform !== undefined) return lacking([descriptor], platforms);
      return lackingIn(await store.readBytes(descriptor.digest), platforms);
    },
  };
}

/** The tag of a name, where it is of the same repository. */
function tagIn(name: string, reference: Reference): string[] {
  try {
    const { tag, ...repository } = parseReference(name);
    return tag !== undefined && repositoryName(repository) === repositoryName(reference) ? [tag] : [];
  } catch {
    return []; // The store's names need not be references.
  }
}

function registryTags(reference: Reference, { places, registry }: TagRuntime): TagSource {
  const first = async <Result>(use: (place: Reference) => Promise<Result>): Promise<Result> => {
    const found = places.placesOf(reference);
    for (const [n, place] of found.entries())
      try {
        return await use(place);
      } catch (error) {
        if (!(error instanceof HoldfastError) || n === found.length - 1) throw error;
      }
    throw new TypeError('an image has at least its own place');
  };
  return {
    tags: () =>
      first(async place => {
        const tags: string[] = [];
        for await (const tag of (await registry()).tags(place)) if (tags.push(tag) === mostTags) break;
        return tags;
      }),
    lackingPlatforms: (tag, platforms) =>
      first(async ({ domain, path }) =>
        lackingIn((await (await registry()).manifest({ domain, path, tag })).bytes, platforms),
      ),
  };
}

/** A manifest that is of one image does not say for which platform; pulling it will. */
function lackingIn(bytes: Buffer, platforms: readonly string[]): readonly string[] {
  const document = parseManifest(bytes);
  if (document.kind === 'index')
    return lacking(
      document.index.manifests.map(({ mediaType, platform }) => ({
        mediaType,
        platform: platform ?? undefined,
      })),
      platforms,
    );
  return platforms.slice(1);
}

function lacking(
  entries: readonly { readonly mediaType: string; readonly platform?: Platform | undefined }[],
  platforms: readonly string[],
): string[] {
  return platforms.filter(text => {
    const platform = parsePlatform(text);
    try {
      pickPlatform(entries, platform, formatPlatform(platform));
      return false;
    } catch {
      return true;
    }
  });
}
