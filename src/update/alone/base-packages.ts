import { imagePackages, type BuildRuntime } from '../../build/index.ts';
import type { PreviousBuild } from '../update.ts';
import { upgradedBy } from '../upgraded-by.ts';

/** Packages that the lock has no line of, since they came with the base image. */
export interface BasePackages {
  /** Those that a step upgrades: they move as soon as apt is offered them. */
  readonly upgraded: readonly string[];
  /** Those that no step touches. */
  readonly fixed: readonly string[];
}

/** Which of some names are packages of a build's base image. */
export async function basePackages(
  names: readonly string[],
  { project, entry, recording }: PreviousBuild,
  { store }: Pick<BuildRuntime, 'store'>,
): Promise<BasePackages> {
  if (names.length === 0 || !(await store.has(entry.image))) return { upgraded: [], fixed: [] };
  const packages = await imagePackages(entry.image, store);
  const { dockerfile, context } = project;
  const { images } = recording;
  const isUpgraded = (await upgradedBy(entry, { dockerfile, contexts: [context], images }, store)).has('apt');
  const ofApt = new Set((packages.get('apt') ?? []).map(({ name }) => name));
  const all = new Set([...packages.values()].flat().map(({ name }) => name));
  const upgraded = names.filter(name => isUpgraded && ofApt.has(name));
  return { upgraded, fixed: names.filter(name => all.has(name) && !upgraded.includes(name)) };
}
