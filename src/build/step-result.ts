import { rm } from 'node:fs/promises';
import { canonicalJson, errorAt, sha256, type Digest, type Json } from '../core/index.ts';
import { chainId, gzipRecipe } from '../image/index.ts';
import type { BuildInProgress, Step } from './step.ts';
import type { Layer, StepResult } from './cache.ts';
import { NamespacesNeeded, type BuildInput } from './runtime.ts';
import type { Store } from '../store/index.ts';

/** Raise it when the same step would give another layer than an earlier version of this program gave. */
const resultVersion = 2;

export interface Executed {
  readonly layer?: Layer | undefined;
  /** Bytes of the layer's uncompressed archive. */
  readonly layerBytes?: number | undefined;
  /** Everything that the step depended on beside the layers below and its own text. */
  readonly facts: Json;
}

/** What a step leaves beside its layer: for later steps, not for the image. */
export interface Leavings {
  /** Whether what an earlier run left is still there. @param key of the step's result. */
  isWhole(key: Digest): Promise<boolean>;
  /** Keeps what this run left in `work`; without `work` an earlier run's counts. */
  done(key: Digest, work: string | undefined): Promise<void>;
}

/** Stages are named without regard to case, as in BuildKit; one without a name by its number. */
function mayUseCache({ id }: Step, { useCache, project }: BuildInput): boolean {
  if (typeof useCache === 'boolean') return useCache;
  const number = id.split('/', 1)[0] ?? '';
  const name = project.dockerfile.stages[Number(number)]?.name;
  const own = [number, name?.toLowerCase()];
  return !useCache.exceptStages.some(stage => own.includes(stage.toLowerCase()));
}

/** Ends here what cannot run a step that must run whatever there is, before anything is read for it. @throws NamespacesNeeded */
export function refuseToRun({ runtime, input }: BuildInProgress, step: Step): void {
  if (!runtime.canRunSteps && !mayUseCache(step, input)) throw new NamespacesNeeded();
}

/**
 * The result of a step that changes files: an earlier one of equal `facts` on equal layers, else `execute`'s. Where
 * the facts are not known before the step has run, there is no earlier one. The directory given to `execute` is
 * removed afterwards.
 * @throws NamespacesNeeded where the step must run and cannot here.
 */
export async function stepResult(
  builder: BuildInProgress,
  step: Step,
  layers: readonly Layer[],
  facts: Json | undefined,
  execute: (work: string) => Promise<Executed>,
  leavings?: Leavings,
): Promise<StepResult> {
  const { runtime, input } = builder;
  const { cache, store, onEvent } = runtime;
  const keyFor = (all: Json) =>
    sha256(
      canonicalJson({
        version: resultVersion,
        recipe: gzipRecipe,
        parent: layers.length === 0 ? null : chainId(layers.map(({ diffId }) => diffId)),
        command: step.command,
        sourceDate: input.ledger.sourceDate,
        ...(!runtime.sandbox.keepsOwners && { owners: 'lost' }),
        withoutRules: input.project.request.withoutRules.toSorted(),
        facts: all,
      }),
    );
  const { name, where } = step;
  onEvent({ type: 'step-started', step: name, label: step.text, where });
  const known = facts === undefined || !mayUseCache(step, input) ? undefined : keyFor(facts);
  const cached = known && ((await cache.step(known)) ?? (await sharedStep(builder, known)));
  if (cached && (await isWhole(cached, store)) && (await leavings?.isWhole(known)) !== false) {
    await leavings?.done(known, undefined);
    onEvent({ type: 'step-done', step: name, cached: true });
    return cached;
  }
  if (!runtime.canRunSteps) throw new NamespacesNeeded();
  builder.signal.throwIfAborted();
  builder.ranSteps = true;
  const work = await cache.workDirectory();
  try {
    const { layer, layerBytes, facts: found } = await execute(work);
    const result = { layer };
    const key = keyFor(found);
    await leavings?.done(key, work);
    builder.finishLater(cache.saveStep(key, result));
    onEvent({ type: 'step-done', step: name, cached: false, layerBytes });
    return result;
  } catch (error) {
    const placed = errorAt(error, where);
    onEvent({ type: 'step-failed', step: name, stopped: builder.signal.aborted });
    builder.fail(placed);
    throw placed;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * A result that another machine left. Only where the lock names the image that must come out: a wrong one is then found.
 */
async function sharedStep({ runtime, input }: BuildInProgress, key: Digest): Promise<StepResult | undefined> {
  if (input.ledger.mode !== 'replay') return undefined;
  for (const shared of runtime.sharedCaches) {
    const found = await shared.step(key, runtime.store);
    if (found === undefined) continue;
    await runtime.cache.saveStep(key, found);
    return found;
  }
  return undefined;
}

/** Whether the store still has the layer that a cached result names. */
async function isWhole({ layer }: StepResult, store: Store): Promise<boolean> {
  if (layer === undefined) return true;
  const { digest, size } = await layer.blob;
  return (await store.size(digest)) === size;
}
