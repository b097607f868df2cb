import type { Platform } from '../core/index.ts';
import type { ContainerConfig, HistoryEntry } from '../image/index.ts';
import type { GlobalScope } from './arguments.ts';
import type { Layer } from './cache.ts';
import type { BaseImage } from './images.ts';
import type { CacheStates } from './run/index.ts';
import { StageScope } from './scope.ts';

/** A finished stage: what an image is made of, or another stage begins or copies from. */
export interface BuiltStage {
  readonly layers: readonly Layer[];
  /** How many of them, from the bottom, came with the image that the stage began from. */
  readonly imageLayers: number;
  readonly platform: Platform;
  readonly container: ContainerConfig;
  readonly author?: string | undefined;
  readonly history: readonly HistoryEntry[];
  readonly scope: StageScope;
  /** What its steps left in cache mounts. */
  readonly caches: CacheStates;
}

/** BuildKit gives an image without a PATH the one that a shell would have. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `FROM scratch`. */
export function emptyStage(global: GlobalScope, platform: Platform): BuiltStage {
  return {
    layers: [],
    imageLayers: 0,
    platform,
    container: { WorkingDir: '/' },
    history: [],
    scope: new StageScope(global, new Map([['PATH', defaultPath]])),
    caches: new Map(),
  };
}

export function imageStage(
  { config, layers }: BaseImage,
  global: GlobalScope,
  platform: Platform,
): BuiltStage {
  const { Env: env = [], ...container } = config.config ?? {};
  const environment = new Map(env.map(text => splitVariable(text)));
  if (!environment.has('PATH')) environment.set('PATH', defaultPath);
  return {
    layers,
    imageLayers: layers.length,
    platform,
    container,
    author: config.author,
    history: config.history ?? [],
    scope: new StageScope(global, environment),
    caches: new Map(),
  };
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
