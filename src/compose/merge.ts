import {
  isNull,
  withEntries,
  type ComposeNode,
  type ListNode,
  type MapNode,
  type ScalarNode,
} from './node.ts';
import { invalid } from './problems.ts';

/** How two files, or a service and the one that it extends, say the same thing. */
type Rule =
  /** What comes later counts alone. */
  | 'replace'
  /** `NAME=value` items and mappings are the same. */
  | 'variables'
  /** Items of which there is one each, known by what is in front of `=`. */
  | 'names'
  /** A single text is a list of one. */
  | 'sequence'
  /** The same, and an item that is there already is not added. */
  | 'set'
  /** A list of names is a mapping to nothing. */
  | 'named'
  | 'build'
  | 'env-files'
  | 'mounts'
  | 'logging';

/** By the place below a service. */
const serviceRules: Readonly<Record<string, Rule>> = {
  annotations: 'variables',
  build: 'build',
  'build.args': 'variables',
  'build.additional_contexts': 'variables',
  'build.extra_hosts': 'set',
  'build.labels': 'variables',
  'build.ssh': 'variables',
  'build.tags': 'names',
  cap_add: 'names',
  cap_drop: 'names',
  command: 'replace',
  depends_on: 'named',
  'deploy.labels': 'variables',
  dns: 'names',
  dns_opt: 'names',
  dns_search: 'names',
  entrypoint: 'replace',
  env_file: 'env-files',
  environment: 'variables',
  extra_hosts: 'set',
  'healthcheck.test': 'replace',
  label_file: 'sequence',
  labels: 'variables',
  links: 'names',
  logging: 'logging',
  models: 'named',
  networks: 'named',
  profiles: 'names',
  secrets: 'mounts',
  configs: 'mounts',
  sysctls: 'variables',
  tmpfs: 'names',
};

function ruleAt(path: readonly string[]): Rule | undefined {
  if (path[0] !== 'services' || path.length < 3) return undefined;
  const [, , attribute = '', ...more] = path;
  if (attribute === 'ulimits' && more.length === 1) return 'replace';
  return serviceRules[[attribute, ...more].join('.')];
}

/**
 * What two say together, the second counting more (Compose specification, "Merge"). What is tagged `!reset` or
 * `!override` stays so, until `settled`.
 * @param path where in the language, from the top
 * @throws HoldfastError COMPOSE_INVALID (exit 2) where they are of different shapes
 */
export function merged(base: ComposeNode, over: ComposeNode, path: readonly string[]): ComposeNode {
  if (over.directive !== undefined || base.directive === 'reset') return over;
  const rule = ruleAt(path);
  if (rule === 'replace') return over;
  if (isNull(over)) return base;
  if (isNull(base)) return over;
  switch (rule) {
    case 'build':
      return mergedMaps(asBuild(base), asBuild(over), path);
    case 'variables':
      return mergedMaps(asVariables(base, path), asVariables(over, path), path);
    case 'named':
      return mergedMaps(asNames(base), asNames(over), path);
    case 'logging':
      return sameDriver(base, over) ? mergedMaps(base, over, path) : over;
    case 'names':
      return joinedLists(base, over, item => textOf(item)?.split('=')[0]);
    case 'env-files':
      return joinedLists(base, over, item => textOf(item) ?? textOf(memberOf(item, 'path')));
    case 'mounts':
      return joinedLists(
        base,
        over,
        item => textOf(item) ?? textOf(memberOf(item, 'target') ?? memberOf(item, 'source')),
      );
    case 'set':
      return joinedLists(asHosts(base), asHosts(over), textOf);
    case 'sequence':
      return joinedLists(base, over, () => undefined);
    case undefined:
      if (base.kind === 'scalar' && over.kind === 'scalar') return over;
      if (base.kind === 'list' && over.kind === 'list') return joinedLists(base, over, () => undefined);
      return mergedMaps(base, over, path);
  }
}

/** Without the marks of `!reset` and `!override`, when all that they were about has been merged. */
export function settled(node: ComposeNode): ComposeNode {
  const { directive: _directive, ...plain } = node;
  switch (plain.kind) {
    case 'scalar':
      return plain;
    case 'list':
      return { ...plain, items: plain.items.filter(item => item.directive !== 'reset').map(settled) };
    case 'map': {
      const kept = [...plain.entries].filter(([, value]) => value.directive !== 'reset');
      return withEntries(plain, new Map(kept.map(([name, value]) => [name, settled(value)])));
    }
  }
}

function mergedMaps(base: ComposeNode, over: ComposeNode, path: readonly string[]): MapNode {
  if (base.kind !== 'map' || over.kind !== 'map')
    throw invalid(
      path.join('.'),
      `is ${kindName(over)} here, and ${kindName(base)} in what it is merged with`,
      over,
    );
  const entries = new Map(base.entries);
  for (const [name, value] of over.entries) {
    const before = entries.get(name);
    entries.set(name, before === undefined ? value : merged(before, value, [...path, name]));
  }
  return withEntries(over, entries);
}

function kindName({ kind }: ComposeNode): string {
  return kind === 'map' ? 'a mapping' : kind === 'list' ? 'a list' : 'a value';
}

function joinedLists(
  base: ComposeNode,
  over: ComposeNode,
  keyOf: (item: ComposeNode) => string | undefined,
): ListNode {
  const items: ComposeNode[] = [];
  const places = new Map<string, number>();
  for (const item of [...asItems(base), ...asItems(over)]) {
    const key = keyOf(item);
    const at = key === undefined ? undefined : places.get(key);
    if (at !== undefined) items[at] = item;
    else {
      if (key !== undefined) places.set(key, items.length);
      items.push(item);
    }
  }
  const { file, range, key, size } = over;
  return { kind: 'list', file, range, key, size: base.size + size, items };
}

/** A single value is a list of one; a mapping stays what it is, and is one item. */
export function asItems(node: ComposeNode): readonly ComposeNode[] {
  if (node.kind === 'list') return node.items;
  return isNull(node) ? [] : [node];
}

function asBuild(node: ComposeNode): ComposeNode {
  return node.kind === 'scalar' ? withEntries(emptyMap(node), new Map([['context', node]])) : node;
}

function emptyMap({ file, range, key, size }: ComposeNode): MapNode {
  return { kind: 'map', file, range, key, size, entries: new Map() };
}

/** `NAME=value` items as a mapping; a name alone has no value. @throws HoldfastError COMPOSE_INVALID (exit 2) */
export function asVariables(node: ComposeNode, path: readonly string[]): MapNode {
  if (node.kind === 'map') return node;
  const entries = new Map<string, ComposeNode>();
  for (const item of asItems(node)) {
    if (item.kind !== 'scalar') throw invalid(path.join('.'), 'is a mapping, or a list of NAME=value', item);
    const [name, value] = variableOf(item);
    entries.set(name, value);
  }
  return withEntries(emptyMap(node), entries);
}

function variableOf(item: ScalarNode): [string, ScalarNode] {
  const { text } = item;
  const at = text.text.indexOf('=');
  if (at < 0) return [text.text, { ...item, value: null, text: text.slice(0, 0) }];
  const value = text.slice(at + 1);
  return [text.text.slice(0, at), { ...item, value: value.text, text: value }];
}

function asNames(node: ComposeNode): ComposeNode {
  if (node.kind !== 'list') return node;
  const entries = node.items.map((item): [string, ComposeNode] => [
    textOf(item) ?? '',
    { ...item, kind: 'scalar', value: null } as ScalarNode,
  ]);
  return withEntries(emptyMap(node), new Map(entries));
}

/** `extra_hosts` in a mapping, as the items of a list. */
function asHosts(node: ComposeNode): ComposeNode {
  if (node.kind !== 'map') return node;
  const items = [...node.entries].flatMap(([name, value]) =>
    asItems(value).map(address => ({ ...address, value: `${name}=${textOf(address) ?? ''}` }) as ScalarNode),
  );
  const { file, range, key, size } = node;
  return { kind: 'list', file, range, key, size, items };
}

function sameDriver(base: ComposeNode, over: ComposeNode): boolean {
  const [a, b] = [base, over].map(node => memberOf(node, 'driver'));
  return a === undefined || b === undefined || textOf(a) === textOf(b);
}

function memberOf(node: ComposeNode, name: string): ComposeNode | undefined {
  return node.kind === 'map' ? node.entries.get(name) : undefined;
}

function textOf(node: ComposeNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
}
