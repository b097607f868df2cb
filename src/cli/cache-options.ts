import type { Command } from 'commander';
import { packSteps, SharedCache, type BuildRuntime, type LockedBuild } from '../build/index.ts';
import { counted, HoldfastError, usageError } from '../core/index.ts';
import { truthValue } from '../dockerfile/index.ts';
import {
  openDestination,
  openSource,
  parseReference,
  withDefaultTag,
  type Transport,
} from '../registry/index.ts';
import { collect } from './collect.ts';
import { csvPairs } from './csv-fields.ts';

/** Results of steps of other machines; names and forms are those of `docker buildx build`. */
export interface CacheOptions {
  readonly cacheFrom?: readonly string[];
  readonly cacheTo?: readonly string[];
}

export function addCacheOptions(command: Command): Command {
  return command
    .option(
      '--cache-from <place>',
      'results of steps: REF, type=registry,ref=REF or type=local,src=DIR',
      collect,
    )
    .option(
      '--cache-to <place>',
      'where results of steps are left: type=registry,ref=REF or type=local,dest=DIR; mode=min or mode=max',
      collect,
    );
}

interface CacheTarget {
  readonly transport: Transport;
  readonly all: boolean;
  /** Whether a place that cannot be written to is told of, and no error. */
  readonly ignoresErrors: boolean;
}

/** Where BuildKit keeps results too, and this program does not: without them the steps run, and give the same. */
const otherTypes = ['inline', 'gha', 's3', 'azblob'];

interface Caches {
  readonly from: readonly Transport[];
  readonly to: readonly CacheTarget[];
  /** What was given and is passed over. */
  readonly others: readonly string[];
}

/** @throws HoldfastError CACHE_INVALID, REFERENCE_INVALID (exit 2) */
export function cachesFrom({ cacheFrom = [], cacheTo = [] }: CacheOptions): Caches {
  const from = cacheFrom.map(text => ({ option: `--cache-from ${text}`, ...placeOf(text, 'src') }));
  const to = cacheTo.map(text => ({ option: `--cache-to ${text}`, text, ...placeOf(text, 'dest') }));
  return {
    from: from.flatMap(({ transport }) => transport ?? []),
    to: to.flatMap(({ transport, fields, text }) => {
      const mode = fields.get('mode') ?? 'min';
      if (mode !== 'min' && mode !== 'max') throw invalid(text, `there is no mode ${mode}`);
      const ignoresErrors = truthValue(fields.get('ignore-error') ?? 'false') === true;
      return transport === undefined ? [] : [{ transport, all: mode === 'max', ignoresErrors }];
    }),
    others: [...from, ...to].filter(({ transport }) => transport === undefined).map(({ option }) => option),
  };
}

/** A place that cannot be read is told of; the steps then run. */
export async function openCaches({ from, others }: Caches, runtime: BuildRuntime): Promise<void> {
  for (const option of others)
    runtime.note(`${option} changes nothing: results of steps are left in a registry or a directory`);
  for (const transport of from) {
    const source = openSource(transport, await runtime.registry());
    try {
      runtime.sharedCaches.push(await SharedCache.open(source));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      runtime.note(`--cache-from ${source.name} is not used: ${error.message}`);
    }
  }
}

/** Of the finished build: `min` leaves the steps whose layers are in the image, `max` those of other stages too. */
export async function writeCaches(
  { to }: Caches,
  builds: readonly LockedBuild[],
  runtime: BuildRuntime,
): Promise<void> {
  const inImage = new Set(builds.flatMap(({ config }) => config.rootfs.diff_ids));
  for (const { transport, all, ignoresErrors } of to) {
    const steps = [...runtime.cache.used].filter(
      ([, { layer }]) => all || layer === undefined || inImage.has(layer.diffId),
    );
    const artifact = await packSteps(new Map(steps), runtime.store);
    const destination = openDestination(transport, await runtime.registry());
    try {
      await destination.write(runtime.store, artifact);
    } catch (error) {
      if (!ignoresErrors || !(error instanceof HoldfastError)) throw error;
      runtime.note(`--cache-to ${destination.name} got nothing: ${error.message}`);
      continue;
    }
    runtime.note(`left the results of ${counted(steps.length, 'step')} in ${destination.name}`);
  }
}

function placeOf(
  text: string,
  directoryField: 'src' | 'dest',
): { transport?: Transport; fields: ReadonlyMap<string, string> } {
  const fields = new Map(
    /(?:^|,)type=/.test(text) ? csvPairs(text) : [['type', 'registry'] as const, ['ref', text] as const],
  );
  const required = (name: string) => {
    const value = fields.get(name) ?? '';
    if (value === '') throw invalid(text, `it lacks ${name}=`);
    return value;
  };
  const type = fields.get('type') ?? '';
  if (otherTypes.includes(type)) return { fields };
  switch (type) {
    case 'registry':
      return {
        transport: { kind: 'docker', reference: withDefaultTag(parseReference(required('ref'))) },
        fields,
      };
    case 'local':
      return { transport: { kind: 'oci', directory: required(directoryField), tag: 'cache' }, fields };
    default:
      throw invalid(text, 'its type is registry or local');
  }
}

function invalid(text: string, why: string) {
  return usageError('CACHE_INVALID', `${text.slice(0, 120)} is no place for results of steps: ${why}`, {
    next: 'Write it as type=registry,ref=REF, or type=local with src=DIR to read and dest=DIR to write.',
  });
}
