import { formatPlatform, upstreamError, type Platform } from '../core/index.ts';
import type { IndexEntry } from './manifest.ts';

/** An entry of an index, as far as choosing one goes. */
type HasPlatform = Pick<IndexEntry, 'mediaType' | 'platform'>;

/** What an architecture means without a variant (containerd, platforms.Normalize). */
const plainVariants: Readonly<Record<string, string>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' };

/**
 * The entry of an index for `platform`: its own variant, else the highest one below it, which it can run too.
 * Attestations (`unknown/unknown`) are never chosen.
 * @throws HoldfastError REGISTRY_NO_PLATFORM (exit 5), which lists the platforms that there are
 */
export function pickPlatform<Entry extends HasPlatform>(
  entries: readonly Entry[],
  platform: Platform,
  where: string,
): Entry {
  const wanted = variantRank(platform);
  const best = entries
    .filter(
      entry => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture,
    )
    .map(entry => ({ entry, rank: variantRank(entry.platform ?? platform) }))
    .filter(({ rank }) => rank <= wanted)
    .toSorted((a, b) => b.rank - a.rank)[0]?.entry;
  // An index without platforms is an image layout's way to name one image.
  const only = entries.length === 1 && entries[0]?.platform === undefined ? entries[0] : undefined;
  const picked = best ?? only;
  if (picked) return picked;
  const there = platformsOf(entries);
  throw upstreamError(
    'REGISTRY_NO_PLATFORM',
    `${where} has no image for ${formatPlatform(platform)}; it has ${there.join(', ') || 'none that is named'}`,
    { next: 'Choose one of these with --platform, or use an image that is built for yours.' },
  );
}

/** The runnable platforms of an index, as texts, in its order. */
export function platformsOf(entries: readonly HasPlatform[]): string[] {
  const platforms = entries.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
  return [...new Set(platforms)];
}

function variantRank({ architecture, variant }: Platform): number {
  const known = variant || plainVariants[architecture] || 'v0';
  return Number(/^v(\d+)/.exec(known)?.[1] ?? 0);
}
