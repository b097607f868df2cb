import { posix } from 'node:path';
import { usageError, type Digest, type Json } from '../../core/index.ts';
import {
  resolveMount,
  type Mount,
  type ResolvedMount,
  type RunInstruction,
  type Stage,
} from '../../dockerfile/index.ts';
import type { StepMount } from '../../sandbox/index.ts';
import { lowerDirectories } from '../layers.ts';
import { absolutePath, type StageSettings } from '../metadata.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { cacheMount } from './cache-mounts.ts';
import { contextMount } from './context-mount.ts';

/** What one `--mount` comes to in the sandbox. */
export interface OpenedMount {
  readonly mount?: StepMount | undefined;
  /** A secret that the step gets as a variable. */
  readonly secret?: readonly [name: string, value: string] | undefined;
  /** A variable that the step gets where neither image nor Dockerfile sets it. */
  readonly variable?: readonly [name: string, value: string] | undefined;
}

/** One `--mount` of a RUN with all that is known of it before the step runs. */
export interface PreparedMount {
  /** What the step's result depends on. Of a secret that it is there, never its value. */
  readonly facts: Json;
  /** @param work a directory that is removed after the step. */
  open(work: string): Promise<OpenedMount>;
  /** Whether what an earlier run left beside its layer is still there, where a later step may need it. */
  isWhole?(key: Digest): Promise<boolean>;
  /** Keeps what the step left, or remembers where an earlier run left it. @param key of the step's result. */
  done?(key: Digest, work: string | undefined): Promise<void>;
}

/** What preparing a mount needs to know of its step. */
export interface MountContext {
  readonly builder: BuildInProgress;
  readonly stage: Stage;
  readonly step: Step;
  readonly settings: StageSettings;
  /** Among the step's mounts, counted from 0. */
  readonly index: number;
}

/**
 * The mounts of a RUN (Dockerfile reference, "RUN --mount").
 * @throws HoldfastError DOCKERFILE_MOUNT, MOUNT_SOURCE_MISSING (exit 2), and what building a stage throws
 */
export async function prepareMounts(
  context: Omit<MountContext, 'index'>,
  { mounts }: RunInstruction,
): Promise<PreparedMount[]> {
  const { scope, container } = context.settings;
  let agents = 0;
  const resolved = mounts.map(mount => {
    const plain = resolveMount(mount, context.step.where.file, text => scope.expand(wordOf(mount, text)));
    const asked =
      plain.type === 'ssh' ? (plain.target ?? `/run/buildkit/ssh_agent.${agents++}`) : plain.target;
    const target = asked === undefined ? undefined : absolutePath(container, asked).replace(/(?<=.)\/$/, '');
    if (target === '/') throw rootTarget(mount, context);
    return { plain, target: target ?? '' };
  });
  return Promise.all(
    resolved.map(({ plain, target }, index) => prepared(plain, target, { ...context, index })),
  );
}

const wordOf = ({ value }: Mount, text: string) => ({ text, range: value.range });

async function prepared(mount: ResolvedMount, target: string, context: MountContext): Promise<PreparedMount> {
  switch (mount.type) {
    case 'bind':
      return bindMount(mount, target, context);
    case 'cache':
      return cacheMount(mount, target, context);
    case 'tmpfs': {
      const { type, size, readOnly } = mount;
      return {
        facts: { type, target, size, readOnly },
        open: async () => ({ mount: { type, target, size, readOnly } }),
      };
    }
    case 'secret':
      return secretMount(mount, target, context);
    case 'ssh':
      return sshMount(mount, target, context);
  }
}

async function bindMount(
  mount: Extract<ResolvedMount, { type: 'bind' }>,
  target: string,
  context: MountContext,
): Promise<PreparedMount> {
  const { type, from, readOnly } = mount;
  const writes = readOnly ? 'refused' : 'discarded';
  const source = posix.resolve('/', mount.source);
  if (from === undefined) {
    const { digest, layer } = await contextMount(source, context);
    return {
      facts: { type, target, writes, context: digest },
      open: async work => {
        const { directory, source: inside } = await layer(work);
        return { mount: { type: 'layers', target, lowers: [directory], source: inside, writes } };
      },
    };
  }
  const { builder, stage, step } = context;
  const layers = await builder.layersOf(stage, from, step.where);
  return {
    facts: { type, target, writes, source, from: layers.map(({ diffId }) => diffId) },
    open: async () => {
      const lowers = await lowerDirectories(layers, builder.runtime);
      return { mount: { type: 'layers', target, lowers, source, writes } };
    },
  };
}

function secretMount(
  mount: Extract<ResolvedMount, { type: 'secret' }>,
  target: string,
  { builder, step }: MountContext,
): PreparedMount {
  const { type, id, env, required, mode = 0o400, uid = 0, gid = 0 } = mount;
  return {
    facts: { type, id, target, mode, uid, gid, ...(env !== undefined && { env }) },
    open: async () => {
      const content = builder.runtime.grants.secrets.value(id);
      if (content === undefined && required)
        throw missing(`secret ${id}`, `--secret id=${id},src=FILE`, step);
      if (content === undefined) return {};
      return {
        ...(mount.target !== undefined && { mount: { type: 'file', target, content, mode, uid, gid } }),
        ...(env !== undefined && { secret: [env, content.toString()] }),
      };
    },
  };
}

function sshMount(
  mount: Extract<ResolvedMount, { type: 'ssh' }>,
  target: string,
  { builder, step }: MountContext,
): PreparedMount {
  const { type, id, required, mode = 0o600, uid = 0, gid = 0 } = mount;
  return {
    facts: { type, id, target, mode, uid, gid },
    open: async () => {
      const onConnection = await builder.runtime.grants.agents.connector(id);
      const variable = ['SSH_AUTH_SOCK', target] as const;
      if (onConnection !== undefined)
        return { mount: { type: 'socket', target, mode, uid, gid, onConnection }, variable };
      if (required) throw missing(`SSH agent ${id}`, `--ssh ${id}`, step);
      return { variable };
    },
  };
}

function missing(what: string, option: string, { where }: Step): Error {
  return usageError('MOUNT_NOT_GIVEN', `this step needs the ${what}`, {
    next: `Pass it with ${option}.`,
    where,
  });
}

function rootTarget({ value }: Mount, { step }: Omit<MountContext, 'index'>): Error {
  return usageError('DOCKERFILE_MOUNT', 'the target of --mount cannot be /', {
    next: 'Name a directory below it.',
    where: { ...step.where, line: value.range.line, column: value.range.column },
  });
}
