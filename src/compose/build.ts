import { join } from 'node:path';
import { usageError, type SourcePlace } from '../core/index.ts';
import type { Lookup } from './interpolate.ts';
import { asItems } from './merge.ts';
import { entryOf, isNull, type ComposeNode, type MapNode } from './node.ts';
import { invalid, placeOf, refuseUnknownKeys, textIn } from './problems.ts';
import {
  flagOf,
  isElsewhere,
  member,
  pathIn,
  textOf,
  textsOf,
  variableNodes,
  variablesOf,
  type ComposeText,
} from './values.ts';

/** How a service's image is built (Compose Build Specification). */
export interface ComposeBuild {
  readonly where: SourcePlace;
  /** An absolute path, or a URL. */
  readonly context: string;
  /** An absolute path, or as given where the context is a URL. */
  readonly dockerfile?: string | undefined;
  readonly inline?: ComposeText | undefined;
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** By name: an absolute path, a URL, or `service:NAME`. */
  readonly contexts: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly secrets: readonly BuildSecret[];
  /** As `--ssh` takes them. */
  readonly ssh: readonly string[];
  /** As `--add-host` takes them. */
  readonly extraHosts: readonly string[];
  readonly entitlements: readonly string[];
  readonly noCache: boolean;
  /** Stages whose steps run again. */
  readonly noCacheFilter: readonly string[];
  readonly pull: boolean;
  /** Keys of it that are there, and that no build here takes notice of. */
  readonly ignored: readonly string[];
}

/** How steps are run and what they may use is settled here, and caches and attestations are the command line's. */
const ignoredKeys = `cache_from cache_to isolation network privileged provenance sbom shm_size ulimits`.split(
  ' ',
);

/** A secret of the project, and the id that RUN knows it by. */
export interface BuildSecret {
  readonly source: string;
  readonly id: string;
  readonly where: SourcePlace;
}

const known =
  `additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts
  isolation labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags
  target ulimits`.split(/\s+/);

/** @throws HoldfastError COMPOSE_INVALID, COMPOSE_UNKNOWN_KEY (exit 2) */
export function readBuild(service: MapNode, path: string, lookup: Lookup): ComposeBuild | undefined {
  const node = member(service, 'build');
  if (node === undefined) return undefined;
  const what = `${path}.build`;
  const map: MapNode = node.kind === 'map' ? node : shortForm(node, what);
  refuseUnknownKeys(map, known, what);
  const context = contextOf(map, what);
  const inline = textOf(map, 'dockerfile_inline', what);
  const dockerfile = textOf(map, 'dockerfile', what)?.text;
  if (inline !== undefined && dockerfile !== undefined)
    throw invalid(
      what,
      'has both a dockerfile and a dockerfile_inline',
      entryOf(map, 'dockerfile_inline') ?? map,
      'Take one of them out.',
    );
  return {
    where: placeOf(node),
    context,
    dockerfile:
      dockerfile === undefined || isElsewhere(context) ? dockerfile : inContext(context, dockerfile),
    inline,
    target: textOf(map, 'target', what)?.text,
    args: given(variablesOf(map, 'args', what), lookup),
    contexts: contextsOf(map, what),
    labels: Object.fromEntries(
      [...variablesOf(map, 'labels', what)].map(([name, value]) => [name, value ?? '']),
    ),
    tags: textsOf(map, 'tags', what),
    platforms: textsOf(map, 'platforms', what),
    secrets: secretsOf(map, what),
    ssh: [...variablesOf(map, 'ssh', what)].map(([id, value]) =>
      value === undefined ? id : `${id}=${value}`,
    ),
    extraHosts: hostsOf(map, what),
    entitlements: textsOf(map, 'entitlements', what),
    noCache: flagOf(map, 'no_cache', what),
    noCacheFilter: textsOf(map, 'no_cache_filter', what),
    pull: flagOf(map, 'pull', what),
    ignored: ignoredKeys.filter(name => member(map, name) !== undefined),
  };
}

function shortForm(node: ComposeNode, what: string): MapNode {
  if (node.kind !== 'scalar') throw invalid(what, 'is a directory, or a mapping', node);
  const { file, range, key, size } = node;
  return { kind: 'map', file, range, key, size, entries: new Map([['context', node]]) };
}

function contextOf(map: MapNode, what: string): string {
  const context = textOf(map, 'context', what);
  if (context === undefined) return pathIn(map.file, '.');
  if (context.text.startsWith('service:'))
    throw usageError('COMPOSE_INVALID', `${what}.context cannot be a service`, {
      where: context.where,
      next: 'Name the service under additional_contexts.',
    });
  return isElsewhere(context.text) ? context.text : pathIn(context.file, context.text);
}

function inContext(context: string, dockerfile: string): string {
  return dockerfile.startsWith('/') ? dockerfile : join(context, dockerfile);
}

/** A name alone takes its value from the environment, if it is there. */
function given(args: ReadonlyMap<string, string | undefined>, lookup: Lookup): Record<string, string> {
  const values = [...args].flatMap(([name, value = lookup(name)]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(values);
}

function contextsOf(map: MapNode, what: string): Record<string, string> {
  const nodes = [...variableNodes(map, 'additional_contexts', what)];
  const contexts = nodes.map(([name, node]) => {
    const place = `${what}.additional_contexts.${name}`;
    const text = isNull(node) ? '' : textIn(node, place);
    if (text === '') throw invalid(place, 'says no place', node);
    return [name, isElsewhere(text) ? text : pathIn(node.file, text)] as const;
  });
  return Object.fromEntries(contexts);
}

function secretsOf(map: MapNode, what: string): BuildSecret[] {
  const node = member(map, 'secrets');
  return (node === undefined ? [] : asItems(node)).map(item => {
    const where = placeOf(item);
    if (item.kind !== 'map') {
      const source = textIn(item, `${what}.secrets`);
      return { source, id: source, where };
    }
    const source = textOf(item, 'source', `${what}.secrets`)?.text;
    if (source === undefined) throw invalid(`${what}.secrets`, 'names no source', item);
    return { source, id: textOf(item, 'target', `${what}.secrets`)?.text ?? source, where };
  });
}

function hostsOf(map: MapNode, what: string): string[] {
  const node = member(map, 'extra_hosts');
  if (node?.kind !== 'map') return textsOf(map, 'extra_hosts', what);
  return [...node.entries].flatMap(([name, value]) =>
    asItems(value).map(address => `${name}=${textIn(address, `${what}.extra_hosts.${name}`)}`),
  );
}
