import { HoldfastError, type Digest } from '../core/index.ts';
import { familiarReference, parseReference, RegistryClient, withDefaultTag } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import { frontendNamed } from './arguments.ts';
import type { Places } from './places.ts';
import type { Project } from './project.ts';
import type { BuildRuntime } from './runtime.ts';

/** Milliseconds. */
const patience = 5_000;

export interface FrontendBefore {
  /** As the lock has it. */
  readonly before: string | undefined;
  /** Whether the one of today is wanted. */
  readonly moves: boolean;
}

/**
 * The frontend that a project names, with its digest, as the lock holds it: that of the lock until now, else the one of
 * today. It is not run, and so nobody waits long for its registry: where that does not answer, what the lock has stays, or
 * the name alone is held.
 */
export async function lockedFrontend(
  project: Project,
  { before, moves }: FrontendBefore,
  { frontendDigest, note }: Pick<BuildRuntime, 'frontendDigest' | 'note'>,
): Promise<string | undefined> {
  const named = frontendNamed(project);
  if (named === undefined || named.includes('@')) return named;
  const held = before?.startsWith(`${named}@`) === true ? before : undefined;
  if (held !== undefined && !moves) return held;
  try {
    return `${named}@${await frontendDigest(named)}`;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    note(
      held === undefined
        ? `the frontend ${named} is locked by its name alone: ${error.message}`
        : `the frontend ${named} stays what it was: ${error.message}`,
    );
    return held ?? named;
  }
}

/** What a name stands for now: in the store, or in the first of its places that answers at once. */
export async function askedFrontend(
  name: string,
  store: Store,
  places: Places,
  options: Parameters<typeof RegistryClient.open>[0],
): Promise<Digest> {
  const reference = withDefaultTag(parseReference(name));
  const held = await store.tagged(familiarReference(reference));
  if (held !== undefined) return held.digest;
  const client = await RegistryClient.open({
    ...options,
    attempts: 1,
    signal: AbortSignal.timeout(patience),
  });
  try {
    const found = places.placesOf(reference);
    for (const [n, place] of found.entries())
      try {
        return (await client.manifest(place)).descriptor.digest;
      } catch (error) {
        if (!(error instanceof HoldfastError) || n === found.length - 1) throw error;
      }
    throw new TypeError('an image has at least its own place');
  } finally {
    await client.close();
  }
}
