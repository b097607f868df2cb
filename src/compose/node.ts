import type { MappedText, Source, SourceRange } from '../dockerfile/index.ts';

/** A file of the Compose language, and the directory that relative paths in it are meant from. */
export interface ComposeSource {
  readonly source: Source;
  /** Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly path: string;
}

interface Placed {
  readonly file: ComposeSource;
  readonly range: SourceRange;
  /** The key of a mapping that the node is the value of. */
  readonly key?: SourceRange | undefined;
  /** The tags `!reset` and `!override`: what the files before say here is gone. */
  readonly directive?: 'reset' | 'override' | undefined;
  /** How many nodes this one would be with every alias written out. */
  readonly size: number;
}

export interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** With variables put in; every character knows where it was written. */
  readonly text: MappedText;
  /** Variables without a value that the text asks for. */
  readonly unset: readonly string[];
  /** Whether the text is as written, without a variable in it. */
  readonly isLiteral: boolean;
}

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly items: readonly ComposeNode[];
}

export interface MapNode extends Placed {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, ComposeNode>;
}

/** What a compose file says, with the place of everything. Nodes are never changed: merging makes new ones. */
export type ComposeNode = ScalarNode | ListNode | MapNode;

export function entryOf(node: ComposeNode | undefined, name: string): ComposeNode | undefined {
  return node?.kind === 'map' ? node.entries.get(name) : undefined;
}

export function isNull(node: ComposeNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null);
}

export function withEntries(node: MapNode, entries: ReadonlyMap<string, ComposeNode>): MapNode {
  return { ...node, entries };
}
