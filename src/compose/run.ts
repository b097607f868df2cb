import { parseDuration } from '../dockerfile/index.ts';
import { asItems } from './merge.ts';
import type { MapNode } from './node.ts';
import { invalid, refuseUnknownKeys, textIn } from './problems.ts';
import { flagOf, member, textsOf } from './values.ts';
import { wordsOf } from './words.ts';

/** How a service's container is started, and how it tells that it is well. */
export interface ComposeRun {
  /** In place of the image's; its command is then left out, too. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly health?: ComposeHealth | undefined;
  /** Keys of the service by which it needs more than its own container has: other services, networks, volumes. */
  readonly needs: readonly string[];
}

export interface ComposeHealth {
  /** As in an image's configuration: `CMD` or `CMD-SHELL` first. */
  readonly test: readonly string[];
  /** After which it counts as unhealthy. */
  readonly seconds: number;
}

/** What a container alone, without a network, does not have. */
const outside = [
  'depends_on',
  'links',
  'external_links',
  'network_mode',
  'volumes',
  'volumes_from',
  'configs',
  'secrets',
];

/** @throws HoldfastError COMPOSE_INVALID, COMPOSE_UNKNOWN_KEY (exit 2) */
export function readRun(service: MapNode, what: string): ComposeRun {
  const [user] = textsOf(service, 'user', what);
  return {
    entrypoint: commandOf(service, 'entrypoint', what),
    command: commandOf(service, 'command', what),
    user,
    health: healthOf(service, `${what}.healthcheck`),
    needs: outside.filter(name => member(service, name) !== undefined),
  };
}

function commandOf(service: MapNode, name: string, what: string): string[] | undefined {
  const value = member(service, name);
  if (value === undefined) return undefined;
  if (value.kind === 'list') return value.items.map(item => textIn(item, `${what}.${name}`));
  return wordsOf(textIn(value, `${what}.${name}`));
}

const healthKeys = ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'];

/** Compose specification, "healthcheck"; nothing where there is none, or only what changes the image's own. */
function healthOf(service: MapNode, what: string): ComposeHealth | undefined {
  const node = member(service, 'healthcheck');
  if (node === undefined) return undefined;
  if (node.kind !== 'map') throw invalid(what, 'is a mapping', node);
  refuseUnknownKeys(node, healthKeys, what);
  const value = member(node, 'test');
  if (value === undefined || flagOf(node, 'disable', what)) return undefined;
  const given = asItems(value).map(item => textIn(item, `${what}.test`));
  const test = value.kind === 'list' ? given : ['CMD-SHELL', ...given];
  const [kind = ''] = test;
  if (kind === 'NONE') return undefined;
  if (kind !== 'CMD' && kind !== 'CMD-SHELL')
    throw invalid(`${what}.test`, 'begins with NONE, CMD or CMD-SHELL', value);
  const period = (name: string, usual: number) => secondsOf(node, name, what) ?? usual;
  const tries = Number(textsOf(node, 'retries', what)[0] ?? 3);
  if (!Number.isInteger(tries) || tries < 0) throw invalid(`${what}.retries`, 'is a whole number', node);
  return { test, seconds: period('start_period', 0) + (tries || 3) * period('interval', 30) };
}

function secondsOf(node: MapNode, name: string, what: string): number | undefined {
  const value = member(node, name);
  if (value === undefined) return undefined;
  const nanoseconds = parseDuration(textIn(value, `${what}.${name}`));
  if (nanoseconds === undefined || nanoseconds < 0)
    throw invalid(`${what}.${name}`, 'is a duration, as 30s or 1m30s', value);
  return nanoseconds / 1e9;
}
