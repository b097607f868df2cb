import { compareImages, imagePackages, type BuildRuntime, type FileDifference } from '../../build/index.ts';
import { HoldfastError, parsePlatform, type Digest } from '../../core/index.ts';
import { parseManifest } from '../../image/index.ts';
import type { BuildEntry } from '../../lock/index.ts';
import type { Change } from '../changes.ts';
import type { ImageChange } from './explanation.ts';

/** How a build's image differs from the one that the lock had; files and packages only where the store has both. */
export async function imageChange(
  old: BuildEntry,
  now: BuildEntry,
  moved: readonly Change[],
  runtime: BuildRuntime,
): Promise<Omit<ImageChange, 'build'>> {
  const [from, to] = [await layerBytes(old.image, runtime), await layerBytes(now.image, runtime)];
  const facts = { from: old.image, to: now.image, size: { from, to } };
  if (old.image === now.image) return { ...facts, settings: [], files: [], base: [] };
  try {
    const both = [old.image, now.image] as const;
    const { settings, files } = await compareImages(both, parsePlatform(now.platform), runtime);
    return { ...facts, settings, files: withoutTimes(files), base: await baseChanges(both, moved, runtime) };
  } catch (error) {
    // The old image may be gone from here, which is no reason not to have the new one.
    if (!(error instanceof HoldfastError)) throw error;
    return { ...facts, settings: [], base: [] };
  }
}

/** Of two dates, nearly every file differs in its time. */
function withoutTimes(files: readonly FileDifference[]): FileDifference[] {
  return files.filter(({ kind }) => kind !== 'mtime');
}

/** Packages of the images that are no inputs, and so came with the base. */
async function baseChanges(
  [from, to]: readonly [Digest, Digest],
  moved: readonly Change[],
  { store }: BuildRuntime,
): Promise<Change[]> {
  // Where no image moved, neither did what came with one.
  if (!moved.some(({ section }) => section === 'image')) return [];
  const known = new Set(moved.map(({ section, name }) => `${section} ${name}`));
  const [old, now] = [await versionsIn(from, store), await versionsIn(to, store)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .toSorted()
    .filter(key => old.get(key) !== now.get(key) && !known.has(key))
    .map(key => {
      const [section = '', ...name] = key.split(' ');
      const [was, is] = [old.get(key), now.get(key)];
      const what = was === undefined ? 'added' : is === undefined ? 'removed' : 'moved';
      const versions = { from: was === undefined ? [] : [was], to: is === undefined ? [] : [is] };
      return { section: section as Change['section'], name: name.join(' '), what, ...versions } as const;
    });
}

/** As a change names them: kind, name and architecture. */
async function versionsIn(image: Digest, store: BuildRuntime['store']): Promise<Map<string, string>> {
  const packages = [...(await imagePackages(image, store))];
  return new Map(
    packages.flatMap(([kind, installed]) =>
      installed.map(({ name, version, architecture }) => {
        const suffix = architecture === undefined ? '' : ` (${architecture})`;
        return [`${kind} ${name}${suffix}`, version] as const;
      }),
    ),
  );
}

/** What is new to the lock, and not to the images, where a step upgrades what came with their base: from which version. */
export async function withBaseVersions(
  changes: readonly Change[],
  images: readonly Digest[],
  { store }: BuildRuntime,
): Promise<Change[]> {
  const had = new Map<string, string>();
  if (changes.some(({ what }) => what === 'added'))
    for (const image of images)
      if (await store.has(image))
        for (const [key, version] of await versionsIn(image, store)) had.set(key, version);
  return changes.map(change => {
    const was = had.get(`${change.section} ${change.name}`);
    if (change.what !== 'added' || was === undefined || change.to.includes(was)) return change;
    return { ...change, what: 'moved', from: [was] };
  });
}

async function layerBytes(image: Digest, { store }: BuildRuntime): Promise<number | undefined> {
  const bytes = await store.readBytes(image).catch(() => undefined);
  const document = bytes && parseManifest(bytes);
  if (document?.kind !== 'manifest') return undefined;
  return document.manifest.layers.reduce((sum, { size }) => sum + size, 0);
}
