import { baseTriggers, givenArguments } from '../build/index.ts';
import { scriptsIn, upgradedIn } from '../check/index.ts';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { BuildEntry, ImageInput } from '../lock/index.ts';
import type { Store } from '../store/index.ts';

/** What a build that a lock has is made of. */
export interface UpgradingBuild {
  readonly dockerfile: Dockerfile;
  /** Where the scripts are that it runs. */
  readonly contexts: readonly string[];
  /** Those that it takes. */
  readonly images: readonly ImageInput[];
}

/** Of which ecosystems a build brings everything in its image up to date, what came with the base image too. */
export async function upgradedBy(
  entry: BuildEntry,
  { dockerfile, contexts, images }: UpgradingBuild,
  store: Store,
): Promise<ReadonlySet<string>> {
  return upgradedIn({
    dockerfile,
    target: entry.target,
    given: givenArguments(dockerfile, entry),
    read: scriptsIn(contexts),
    triggersOf: await baseTriggers(images, entry.platform, store),
  });
}
