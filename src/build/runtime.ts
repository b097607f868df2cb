import type { Gateway } from '../gateway/index.ts';
import type { RegistryClient } from '../registry/index.ts';
import type { Sandbox, StepNetwork } from '../sandbox/index.ts';
import { formatPlatform, type Digest, type Platform } from '../core/index.ts';
import type { Recording } from '../lock/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';
import type { BuildCache } from './cache.ts';
import type { OnEvent } from './events.ts';
import type { Ledger } from './ledger.ts';
import type { Places } from './places.ts';
import type { Project } from './project.ts';
import type { SharedCache } from './shared-cache.ts';
import type { Grants } from './run/index.ts';

/** What a build needs of the machine. */
export interface BuildRuntime {
  readonly store: Store;
  /** Where blobs come from that the store lacks. */
  readonly places: Places;
  readonly cache: BuildCache;
  /** Results of steps of other machines, in the order in which they are asked. */
  readonly sharedCaches: SharedCache[];
  /** Manifests of the services' images that were built here, by `serviceKey`: contexts of services built later. */
  readonly serviceImages: Map<string, Digest>;
  readonly onEvent: OnEvent;
  readonly note: (text: string) => void;
  /** Whether a registry is asked for an image that the lock does not hold, though the store has one of the name. */
  readonly pull: boolean;
  /** Opened at first use: an offline build never makes one. */
  readonly registry: () => Promise<RegistryClient>;
  /** What the name of a frontend stands for now. @throws HoldfastError, soon, where nobody answers */
  readonly frontendDigest: (name: string) => Promise<Digest>;
  readonly sandbox: Sandbox;
  /** The gateway and the network that leads to it; opened by the first step that runs. */
  readonly steps: () => Promise<StepHost>;
  /** False outside of the namespaces that steps need: a step that is not cached then throws NamespacesNeeded. */
  readonly canRunSteps: boolean;
  readonly signal: AbortSignal;
  readonly grants: Grants;
  readonly now: () => Date;
}

export function serviceKey(service: string, platform: Platform): string {
  return `${service} ${formatPlatform(platform)}`;
}

export interface StepHost {
  readonly gateway: Gateway;
  readonly network: StepNetwork;
  /** TCP ports that the gateway serves. */
  readonly ports: readonly number[];
}

/** What is built, and from which recording. */
export interface BuildInput {
  readonly project: Project;
  readonly ledger: Ledger;
  /** Blobs that the store has for layers, by diff ID: those of the image that the lock names. */
  readonly knownBlobs: ReadonlyMap<Digest, BlobDescriptor>;
  readonly useCache: CacheUse;
  /** Told what the build took as soon as that is known, while layers are still being compressed. */
  readonly onRecorded?: ((recording: Omit<Recording, 'inputs'>) => void) | undefined;
}

/** Whether results of earlier runs may stand in for running a step again; not those of the stages that are named. */
export type CacheUse = boolean | { readonly exceptStages: readonly string[] };

/** Thrown where a step must run and this process is not yet inside its namespaces; the caller enters and starts again. */
export class NamespacesNeeded extends Error {
  override readonly name = 'NamespacesNeeded';
}
