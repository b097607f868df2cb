import { homedir } from 'node:os';
import { RegistryClient } from '../registry/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { parsePlace } from '../share/index.ts';
import { type BlobDescriptor, Store } from '../store/index.ts';
import { BuildCache } from './cache.ts';
import type { OnEvent } from './events.ts';
import { askedFrontend } from './frontend.ts';
import { Places, type RegistrySettings } from './places.ts';
import type { Grants } from './run/index.ts';
import type { BuildRuntime, StepHost } from './runtime.ts';

export interface RuntimeOptions {
  readonly store: string;
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent: OnEvent;
  readonly sandbox: Sandbox;
  readonly canRunSteps: boolean;
  readonly pull: boolean;
  /** `--add-host`: names that are reached at an address of the user's choice. */
  readonly addHosts: ReadonlyMap<string, string>;
  /** TCP ports that the gateway serves beside the usual ones; asked for when the first step needs a network. */
  readonly ports: () => readonly number[];
  readonly signal: AbortSignal;
  readonly grants: Grants;
  /** Where blobs are shared, as `parsePlace` reads it; asked before what a project's configuration names. */
  readonly remotes: readonly string[];
  readonly registries?: RegistrySettings | undefined;
}

/** What web servers, package mirrors and registries usually listen on. */
const usualPorts = [
  80, 443, 3000, 3128, 3141, 3142, 4873, 5000, 5001, 8000, 8080, 8081, 8082, 8443, 8888, 9000, 9418, 9443,
  11371,
];

/** Opens what a build needs, lazily where it may not be needed, runs `use`, and closes it. */
export async function withRuntime<Result>(
  options: RuntimeOptions,
  use: (runtime: BuildRuntime) => Promise<Result>,
): Promise<Result> {
  const store = await Store.open(options.store);
  const cache = await BuildCache.open(options.cache, options.sandbox.isolation);
  let registry: Promise<RegistryClient> | undefined;
  let steps: Promise<StepHost> | undefined;
  const registryOptions = () => ({
    env: options.env,
    homeDirectory: options.env['HOME'] ?? homedir(),
    ...places.hosts,
  });
  const openRegistry = () => (registry ??= RegistryClient.open(registryOptions()));
  const note = (text: string) => options.onEvent({ type: 'note', text });
  const places: Places = new Places(
    store,
    openRegistry,
    text => options.onEvent({ type: 'note', text, once: true }),
    options.registries,
  );
  for (const remote of options.remotes) places.addRemote(parsePlace(remote));
  const runtime: BuildRuntime = {
    store,
    places,
    cache,
    sharedCaches: [],
    serviceImages: new Map(),
    onEvent: options.onEvent,
    note,
    registry: openRegistry,
    frontendDigest: name => askedFrontend(name, store, places, registryOptions()),
    steps: () => (steps ??= openStepHost(options, store, places)),
    sandbox: options.sandbox,
    canRunSteps: options.canRunSteps,
    pull: options.pull,
    signal: options.signal,
    grants: options.grants,
    now: () => new Date(),
  };
  try {
    return await use(runtime);
  } finally {
    await (await registry)?.close();
    await options.grants.agents.close();
    const host = await steps?.catch(() => undefined);
    await host?.gateway.close();
    host?.network.close();
    await options.sandbox.close();
  }
}

async function openStepHost(options: RuntimeOptions, store: Store, places: Places): Promise<StepHost> {
  const { env, addHosts, sandbox } = options;
  // Loaded here, since a build from the cache has no use for it.
  const { Gateway } = await import('../gateway/index.ts');
  const bring = (body: BlobDescriptor) => places.bring(body);
  const gateway = await Gateway.open({ store, environment: env, addHosts, bring });
  const ports = [...new Set([...usualPorts, ...options.ports()])];
  const network = await sandbox.openNetwork({ ports, serve: listeners => gateway.serve(listeners) });
  return { gateway, network, ports };
}
