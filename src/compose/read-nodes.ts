import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Node, type Scalar } from 'yaml';
import { usageError, type HoldfastError } from '../core/index.ts';
import type { SourceRange } from '../dockerfile/index.ts';
import { interpolate, type InterpolationOptions } from './interpolate.ts';
import type { ComposeNode, ComposeSource, MapNode, ScalarNode } from './node.ts';
import { numberText } from './number-text.ts';
import { scalarText } from './scalar-text.ts';

const mostCharacters = 1024 * 1024;
/** Nodes of one document with its aliases written out; more is an alias bomb. */
const mostNodes = 100_000;
const mostDepth = 200;

/**
 * What the documents of a file say, aliases and merge keys resolved and variables put in.
 * @throws HoldfastError COMPOSE_YAML, COMPOSE_TOO_LARGE, COMPOSE_INVALID, and what interpolate throws (exit 2)
 */
export function readNodes(file: ComposeSource, options: InterpolationOptions): MapNode[] {
  const { source } = file;
  if (source.text.length > mostCharacters) throw tooLarge(file, `it has ${source.text.length} characters`, 0);
  const documents = parseAllDocuments(source.text, { version: '1.2', merge: false, uniqueKeys: false });
  return [...documents].flatMap(document => {
    const [error] = document.errors;
    if (error !== undefined) throw noYaml(error.message.split('\n')[0] ?? '', file, error.pos[0]);
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    const node = new Reader(file, options).read(contents, 0);
    if (node.kind === 'map') return [node];
    throw usageError('COMPOSE_INVALID', 'a compose file is a mapping of services and more', {
      where: source.where(node.range.start),
      next: 'Begin it with services:, and the services below.',
    });
  });
}

class Reader {
  readonly #file: ComposeSource;
  readonly #options: InterpolationOptions;
  readonly #done = new Map<Node, ComposeNode>();
  readonly #open = new Set<Node>();
  /** Those in front of what is being read: an alias means the last of its name. */
  readonly #anchors = new Map<string, Node>();

  constructor(file: ComposeSource, options: InterpolationOptions) {
    this.#file = file;
    this.#options = options;
  }

  read(node: Node, depth: number): ComposeNode {
    const found = this.#done.get(node);
    if (found !== undefined) return found;
    if (this.#open.has(node)) throw this.#fail('an anchor holds itself', node);
    if (depth > mostDepth)
      throw tooLarge(this.#file, `it is nested deeper than ${mostDepth} levels`, startOf(node));
    this.#open.add(node);
    this.#note(node);
    const made = this.#made(node, depth + 1);
    this.#open.delete(node);
    if (made.size > mostNodes)
      throw tooLarge(this.#file, `it stands for more than ${mostNodes} values`, startOf(node));
    this.#done.set(node, made);
    return made;
  }

  #made(node: Node, depth: number): ComposeNode {
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) throw this.#fail(`there is no anchor &${node.source}`, node);
      return this.read(target, depth);
    }
    if (isScalar(node)) return this.#scalar(node);
    const placed = this.#placed(node);
    if (isSeq(node)) {
      const items = node.items.map(item => this.read(item as Node, depth));
      return { ...placed, kind: 'list', items, size: sizeOf(items) };
    }
    if (isMap(node)) {
      const entries = this.#entries(node.items, depth);
      return { ...placed, kind: 'map', entries, size: sizeOf(entries.values()) };
    }
    throw this.#fail('this is neither a value, a list nor a mapping', node);
  }

  #entries(items: readonly { key: unknown; value: unknown }[], depth: number): Map<string, ComposeNode> {
    const entries = new Map<string, ComposeNode>();
    const merged: ComposeNode[] = [];
    for (const { key, value } of items) {
      const keyNode = isAlias(key) ? this.#anchors.get(key.source) : key;
      if (!isScalar(keyNode)) throw this.#fail('the key of a mapping is a text', key as Node);
      this.#note(keyNode);
      const valueNode = value === null ? this.#empty(keyNode) : this.read(value as Node, depth);
      if (isMergeKey(keyNode)) {
        merged.push(...(valueNode.kind === 'list' ? valueNode.items : [valueNode]));
        continue;
      }
      const name = String(keyNode.value);
      if (entries.has(name)) throw this.#fail(`the key ${name.slice(0, 60)} is there twice`, keyNode);
      entries.set(name, { ...valueNode, key: this.#range(key as Node) });
    }
    // YAML merge key: what the mapping itself says counts, then what comes first.
    for (const other of merged) {
      if (other.kind !== 'map') throw usageErrorAt(other, 'a merge key takes mappings');
      for (const [name, value] of other.entries) if (!entries.has(name)) entries.set(name, value);
    }
    return entries;
  }

  #note(node: Node): void {
    if (!isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #scalar(node: Scalar): ScalarNode {
    const { value, source = '' } = node;
    const number = node.type === 'PLAIN' && node.tag === undefined ? numberText(source) : undefined;
    const isText = typeof value === 'string' && number === undefined;
    const written = scalarText(
      node,
      isText ? value : (number ?? (typeof value === 'boolean' ? String(value) : '')),
      this.#file.source,
    );
    const { text, unset, isLiteral } = isText
      ? interpolate(written, this.#file.source, this.#options)
      : { text: written, unset: [], isLiteral: true };
    return {
      ...this.#placed(node),
      kind: 'scalar',
      value: isText ? text.text : (value as ScalarNode['value']),
      text,
      unset,
      isLiteral,
      size: 1,
    };
  }

  #empty(key: Scalar): ScalarNode {
    const text = scalarText(key, '', this.#file.source);
    return { ...this.#placed(key), kind: 'scalar', value: null, text, unset: [], isLiteral: true, size: 1 };
  }

  #placed(node: Node) {
    return { file: this.#file, range: this.#range(node), directive: directives.get(node.tag ?? '') };
  }

  #range(node: Node): SourceRange {
    return this.#file.source.range(startOf(node), node.range?.[1] ?? startOf(node));
  }

  #fail(why: string, node: Node): HoldfastError {
    return noYaml(why, this.#file, startOf(node));
  }
}

const directives: ReadonlyMap<string, ComposeNode['directive']> = new Map([
  ['!reset', 'reset'],
  ['!override', 'override'],
]);

const startOf = (node: Node | null): number => node?.range?.[0] ?? 0;

const isMergeKey = (key: Scalar) => key.value === '<<' && (key.type === 'PLAIN' || key.type === undefined);

function sizeOf(nodes: Iterable<ComposeNode>): number {
  let size = 1;
  for (const node of nodes) size += node.size;
  return size;
}

function usageErrorAt(node: ComposeNode, why: string): HoldfastError {
  return noYaml(why, node.file, node.range.start);
}

function noYaml(why: string, { source }: ComposeSource, at: number): HoldfastError {
  return usageError('COMPOSE_YAML', `the compose file cannot be read: ${why}`, {
    where: source.where(at),
    next: 'Mend the YAML at this place.',
  });
}

function tooLarge({ source }: ComposeSource, why: string, at: number): HoldfastError {
  return usageError('COMPOSE_TOO_LARGE', `the compose file is refused: ${why}`, {
    where: source.where(at),
    next: 'Take anchors and aliases apart, or split the file.',
  });
}
