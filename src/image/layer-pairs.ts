import type { Digest } from '../core/index.ts';

/** Layers of two images that are held against each other, counted from 0, the lowest; one is missing where only one image has it. */
export interface LayerPair {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export interface PairedLayer {
  readonly diffId: Digest;
  /** The instruction that made it, where that is known. */
  readonly step?: string | undefined;
}

/**
 * Pairs the layers of two images, from the lowest: those of one diff ID with each other, as long as their order allows
 * it; between them those of one instruction, and what is left in its order. A step more so shows as one layer, and not
 * as a difference of all that follow.
 */
export function layerPairs(a: readonly PairedLayer[], b: readonly PairedLayer[]): LayerPair[] {
  return pairsBetween(a, b, 0, 0, [
    (x, y) => x.diffId === y.diffId,
    (x, y) => x.step !== undefined && x.step !== '' && x.step === y.step,
  ]);
}

type IsSame = (x: PairedLayer, y: PairedLayer) => boolean;

/** @param tests for what belongs together, the strictest first */
function pairsBetween(
  a: readonly PairedLayer[],
  b: readonly PairedLayer[],
  startA: number,
  startB: number,
  [isSame, ...others]: readonly IsSame[],
): LayerPair[] {
  if (isSame === undefined || a.length === 0 || b.length === 0)
    return Array.from({ length: Math.max(a.length, b.length) }, (_, n) => ({
      from: n < a.length ? startA + n : undefined,
      to: n < b.length ? startB + n : undefined,
    }));
  const pairs: LayerPair[] = [];
  let [from, to] = [0, 0];
  for (const [x, y] of [...common(a, b, isSame), [a.length, b.length] as const]) {
    pairs.push(...pairsBetween(a.slice(from, x), b.slice(to, y), startA + from, startB + to, others));
    if (x < a.length) pairs.push({ from: startA + x, to: startB + y });
    [from, to] = [x + 1, y + 1];
  }
  return pairs;
}

/** More layers than this are no image's that a runtime takes; then only what both begin with is common. */
const mostLayers = 1000;

/** The longest common subsequence. */
function common(
  a: readonly PairedLayer[],
  b: readonly PairedLayer[],
  isSame: IsSame,
): (readonly [number, number])[] {
  const same = (x: number, y: number) => isSame(a[x] as PairedLayer, b[y] as PairedLayer);
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start++;
  const found = Array.from({ length: start }, (_, n) => [n, n] as const);
  if (a.length > mostLayers || b.length > mostLayers) return found;
  // Of the tails from x and y, the length of what they have in common.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (x: number, y: number) => lengths[x]?.[y] ?? 0;
  for (let x = a.length - 1; x >= start; x--)
    for (let y = b.length - 1; y >= start; y--)
      (lengths[x] as Uint16Array)[y] = same(x, y)
        ? at(x + 1, y + 1) + 1
        : Math.max(at(x + 1, y), at(x, y + 1));
  for (let x = start, y = start; x < a.length && y < b.length; ) {
    if (same(x, y)) found.push([x++, y++]);
    else if (at(x + 1, y) >= at(x, y + 1)) x++;
    else y++;
  }
  return found;
}
