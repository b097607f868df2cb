import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { canonicalJson, sha256, type Digest } from '../../core/index.ts';
import type { ResolvedMount } from '../../dockerfile/index.ts';
import { lowerDirectories } from '../layers.ts';
import { holdsAny } from './search.ts';
import type { MountContext, PreparedMount } from './mounts.ts';

/**
 * What a cache mount holds at one point of a stage: what the steps before this one left in it, one layer each, the
 * last one first. Empty at the start of a build.
 */
export interface CacheState {
  /** Equal for equal steps that equal steps went before. */
  readonly key: Digest;
  readonly directories: readonly string[];
}

/** By id. */
export type CacheStates = Map<string, CacheState>;

/**
 * `--mount=type=cache`. What a step finds in it decides what it downloads, and so what is recorded; it must then find
 * the same each time. So a cache mount holds what the steps before it in its own stage, and in the stages that this one
 * starts from, left there in this build, and nothing else: not what an earlier build left, and not what happens to run
 * beside it has left so far. With that no writer meets another, which is what each way of `sharing` asks for.
 *
 * What a step left is kept beside its result, for later builds that take the step from the cache and run the next one.
 */
export async function cacheMount(
  mount: Extract<ResolvedMount, { type: 'cache' }>,
  target: string,
  { builder, stage, step, settings, index }: MountContext,
): Promise<PreparedMount> {
  const { type, from, readOnly, mode = 0o755, uid = 0, gid = 0 } = mount;
  const { runtime } = builder;
  const id = mount.id ?? posix.normalize(mount.target).replace(/(?<=.)\/$/, '');
  const source = posix.resolve('/', mount.source);
  const seed = from === undefined ? [] : await builder.layersOf(stage, from, step.where);
  const before = settings.caches.get(id);
  const upperOf = (work: string) => join(work, `cache-${index}`);
  const nameFor = (key: Digest) => sha256(canonicalJson({ step: key, mount: index }));
  const facts = {
    type,
    target,
    readOnly,
    source,
    ...(before === undefined
      ? { mode, uid, gid, seed: seed.map(({ diffId }) => diffId) }
      : { before: before.key }),
  };
  const open = async (work: string) => {
    const lowers = before?.directories ?? (await lowerDirectories(seed, runtime));
    if (readOnly)
      return { mount: { type: 'layers' as const, target, lowers, source, writes: 'refused' as const } };
    const upper = upperOf(work);
    makeLike(upper, before?.directories[0], { mode, uid, gid });
    return { mount: { type: 'layers' as const, target, lowers, source, writes: { upper } } };
  };
  if (readOnly) return { facts, open };
  return {
    facts,
    open,
    isWhole: async key => (await runtime.cache.cacheMount(nameFor(key))) !== undefined,
    done: async (key, work) => {
      const name = nameFor(key);
      if (work !== undefined) {
        const upper = upperOf(work);
        const kept = holdsAny(upper, runtime.grants.secrets.forbidden()) ? emptied(upper) : upper;
        if (kept !== upper)
          runtime.note(
            `${step.name}: the cache mount ${target} holds a secret, and later steps find nothing in it`,
          );
        await runtime.cache.adoptCacheMount(name, kept);
      }
      const directory = await runtime.cache.cacheMount(name);
      if (directory === undefined) throw new TypeError('what a step left in a cache mount has been kept');
      // Another mount of this step may have the same id.
      const below = settings.caches.get(id)?.directories ?? (await lowerDirectories(seed, runtime));
      settings.caches.set(id, { key: name, directories: [directory, ...below] });
    },
  };
}

/** Makes a directory with the owner and mode of another, or with those given. */
function makeLike(
  path: string,
  like: string | undefined,
  given: { readonly mode: number; readonly uid: number; readonly gid: number },
): void {
  const { mode, uid, gid } = like === undefined ? given : lstatSync(like);
  mkdirSync(path);
  chownSync(path, uid, gid);
  chmodSync(path, mode & 0o7777);
}

function emptied(path: string): string {
  const empty = `${path}-empty`;
  makeLike(empty, path, { mode: 0o755, uid: 0, gid: 0 });
  return empty;
}
