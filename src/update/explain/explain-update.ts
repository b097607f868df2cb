import type { BuildRuntime, Hold } from '../../build/index.ts';
import { changedTexts } from '../scripts.ts';
import type { UpdateResult } from '../update.ts';
import { askedChanges } from './asked.ts';
import type { AdvisoryEffectOf, ImageChange, UpdateExplanation } from './explanation.ts';
import { imageChange, withBaseVersions } from './images.ts';
import { provenanceChanges } from './provenance.ts';
import { closes, reasonsFor } from './reasons.ts';
import { packageStories } from './stories.ts';
import { titleOf } from './title.ts';

export interface ExplainOptions {
  /** How many tests the new image passed. */
  readonly tests: number;
  readonly held: readonly Hold[];
  readonly notes: readonly string[];
  /** Left out where no advisories were asked for. */
  readonly advisories?: AdvisoryEffectOf | undefined;
}

/**
 * Tells what an update changes, why, and what it does to the image. Nothing is asked of any upstream: all of it is read
 * from what the lock names, before and after.
 */
export async function explainUpdate(
  { before, lock, changes, builds, previous, tags, unknownHolds }: Omit<UpdateResult, 'written'>,
  runtime: BuildRuntime,
  { tests, held, notes, advisories }: ExplainOptions,
): Promise<UpdateExplanation> {
  const inputs = [before.inputs, lock.inputs] as const;
  const effect = await advisories?.(before, lock);
  const closed = (effect?.closed ?? []).map(fact => ({ why: 'security' as const, ...fact }));
  const pairs = previous.flatMap((old, n) => {
    const now = builds[n];
    return now === undefined ? [] : [{ old, now }];
  });
  const told = await withBaseVersions(
    changes,
    previous.map(({ entry }) => entry.image),
    runtime,
  );
  const images: ImageChange[] = [];
  for (const { old, now } of pairs) {
    const { service, target, platform } = now.entry;
    const build = pairs.length > 1 ? [service, target, platform].filter(Boolean).join(' ') : undefined;
    images.push({ build, ...(await imageChange(old.entry, now.entry, changes, runtime)) });
  }
  return {
    title: titleOf(told, closed),
    verdict: { builds: builds.length, tests, opened: effect?.opened ?? [], left: effect?.left ?? [] },
    reasons: reasonsFor(changes, closed, tags),
    changes: askedChanges(
      told,
      pairs.map(({ old, now }) => ({
        project: old.project,
        before: old,
        after: { recording: now.stored, entry: now.entry },
      })),
    ).map(change => ({ ...change, closes: closes(change, closed) })),
    packages: await packageStories(changes, ...inputs, runtime.places),
    texts: await changedTexts(changes, ...inputs, runtime.places),
    provenance: await provenanceChanges(changes, ...inputs, runtime.places),
    images,
    tags,
    held: held.filter(({ name }) => !unknownHolds.some(hold => hold.name === name)),
    unknownHolds,
    notes,
  };
}
