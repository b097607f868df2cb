import { z } from 'zod';
import { isDigest, sha256, type Digest } from '../core/index.ts';
import { parseHostileJson } from './hostile-json.ts';
import { orderedJson, type MemberOrder } from './ordered-json.ts';

/** Go writes `null` for what is absent; both mean the same here. */
function optional<T extends z.ZodType>(type: T) {
  return z
    .nullish(type)
    .transform(value => value ?? undefined)
    .optional();
}

const strings = z.array(z.string());
const digest = z.custom<Digest>(isDigest, 'not a sha256 digest');
/** Sets are written as objects of empty objects. */
const nameSet = z.record(z.string(), z.unknown());

/** Docker's extension: durations are nanoseconds. */
const healthcheckSchema = z.looseObject({
  Test: optional(strings),
  Interval: optional(z.number().int()),
  Timeout: optional(z.number().int()),
  StartPeriod: optional(z.number().int()),
  StartInterval: optional(z.number().int()),
  Retries: optional(z.number().int()),
});

const containerConfigSchema = z.looseObject({
  User: optional(z.string()),
  ExposedPorts: optional(nameSet),
  Env: optional(strings),
  Entrypoint: optional(strings),
  Cmd: optional(strings),
  Volumes: optional(nameSet),
  WorkingDir: optional(z.string()),
  Labels: optional(z.record(z.string(), z.string())),
  StopSignal: optional(z.string()),
  ArgsEscaped: optional(z.boolean()),
  Healthcheck: optional(healthcheckSchema),
  OnBuild: optional(strings),
  Shell: optional(strings),
});

const historySchema = z.looseObject({
  created: optional(z.string()),
  created_by: optional(z.string()),
  author: optional(z.string()),
  comment: optional(z.string()),
  empty_layer: optional(z.boolean()),
});

const imageConfigSchema = z.looseObject({
  created: optional(z.string()),
  author: optional(z.string()),
  architecture: z.string(),
  os: z.string(),
  'os.version': optional(z.string()),
  'os.features': optional(strings),
  variant: optional(z.string()),
  config: optional(containerConfigSchema),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: z.array(digest).max(10_000) }),
  history: optional(z.array(historySchema)),
});

/** OCI image-spec config.md, with Docker's Healthcheck, OnBuild and Shell; members unknown here are kept. */
export type ImageConfig = z.infer<typeof imageConfigSchema>;
export type ContainerConfig = z.infer<typeof containerConfigSchema>;
export type Healthcheck = z.infer<typeof healthcheckSchema>;
export type HistoryEntry = z.infer<typeof historySchema>;

/** @throws HoldfastError IMAGE_CONFIG_INVALID (exit 4) */
export function parseImageConfig(bytes: Uint8Array | string): ImageConfig {
  return parseHostileJson(bytes, imageConfigSchema, { what: 'image config', code: 'IMAGE_CONFIG_INVALID' });
}

const historyOrder: MemberOrder = {
  created: true,
  created_by: true,
  author: true,
  comment: true,
  empty_layer: true,
};

const configOrder: MemberOrder = {
  created: true,
  author: true,
  architecture: true,
  variant: true,
  os: true,
  'os.version': true,
  'os.features': true,
  config: {
    User: true,
    ExposedPorts: true,
    Env: true,
    Entrypoint: true,
    Cmd: true,
    Volumes: true,
    WorkingDir: true,
    Labels: true,
    StopSignal: true,
    ArgsEscaped: true,
    Healthcheck: {
      Test: true,
      Interval: true,
      Timeout: true,
      StartPeriod: true,
      StartInterval: true,
      Retries: true,
    },
    OnBuild: true,
    Shell: true,
  },
  rootfs: { type: true, diff_ids: true },
  history: { '*': historyOrder },
};

/** The one text of a config: equal configs have equal digests. Ports, volumes and labels are sorted. */
export function formatImageConfig(config: ImageConfig): string {
  return orderedJson(config, configOrder);
}

/**
 * OCI image-spec config.md, "Layer ChainID": names a stack of layers, lowest first.
 * @throws TypeError for no layers
 */
export function chainId(diffIds: readonly Digest[]): Digest {
  const [lowest, ...others] = diffIds;
  if (lowest === undefined) throw new TypeError('no layers have no chain ID');
  return others.reduce<Digest>((chain, diffId) => sha256(`${chain} ${diffId}`), lowest);
}
