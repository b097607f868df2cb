import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { SourcePlace } from '../core/index.ts';
import type { MappedText, SourceRange } from '../dockerfile/index.ts';
import { asItems, asVariables } from './merge.ts';
import {
  entryOf,
  isNull,
  type ComposeNode,
  type ComposeSource,
  type MapNode,
  type ScalarNode,
} from './node.ts';
import { invalid, textIn, valuePlace } from './problems.ts';

/** A text of a compose file, and where it stands. */
export interface ComposeText {
  readonly text: string;
  readonly where: SourcePlace;
  readonly file: ComposeSource;
  /** The same, every character with its place. */
  readonly mapped: MappedText;
  /** All that is written for it, quotes included. */
  readonly range: SourceRange;
  /** Whether it is written as it is, with no variable in it. */
  readonly isLiteral: boolean;
  /** Whether each of its variables has a value. */
  readonly isKnown: boolean;
}

/** Nothing where the key is not there, or has no value. */
export function member(node: MapNode, name: string): ComposeNode | undefined {
  const value = entryOf(node, name);
  return value === undefined || isNull(value) ? undefined : value;
}

/** @throws HoldfastError COMPOSE_INVALID (exit 2), as all of these do */
export function textOf(node: MapNode, name: string, what: string): ComposeText | undefined {
  const value = member(node, name);
  if (value === undefined) return undefined;
  if (value.kind !== 'scalar' || typeof value.value !== 'string')
    throw invalid(`${what}.${name}`, 'is a text', value, 'Put quotes around it.');
  return composeText(value);
}

export function composeText(node: ScalarNode): ComposeText {
  const { text: mapped, file, range, isLiteral, unset } = node;
  const where = valuePlace(node);
  return { text: mapped.text, where, file, mapped, range, isLiteral, isKnown: unset.length === 0 };
}

export function textsOf(node: MapNode, name: string, what: string): string[] {
  const value = member(node, name);
  return value === undefined ? [] : asItems(value).map(item => textIn(item, `${what}.${name}`));
}

/** A mapping, or a list of `NAME=value`; nothing is the value of a name alone. */
export function variablesOf(node: MapNode, name: string, what: string): Map<string, string | undefined> {
  const nodes = [...variableNodes(node, name, what)];
  return new Map(
    nodes.map(([key, one]) => [key, isNull(one) ? undefined : textIn(one, `${what}.${name}.${key}`)]),
  );
}

/** The same, each with its place. */
export function variableNodes(node: MapNode, name: string, what: string): ReadonlyMap<string, ComposeNode> {
  const value = member(node, name);
  return value === undefined ? new Map() : asVariables(value, [what, name]).entries;
}

export function flagOf(node: MapNode, name: string, what: string): boolean {
  const value = member(node, name);
  if (value === undefined) return false;
  const text = textIn(value, `${what}.${name}`);
  if (/^(1|t|true|y|yes|on)$/i.test(text)) return true;
  if (/^(0|f|false|n|no|off)$/i.test(text)) return false;
  throw invalid(`${what}.${name}`, 'is true or false', value);
}

/** A path as Compose means it: from the directory of the file's project, `~` being the home directory. */
export function pathIn({ directory }: ComposeSource, text: string): string {
  const expanded = /^~(?=\/|$)/.test(text) ? homedir() + text.slice(1) : text;
  return resolve(directory, expanded);
}

/** Whether a context is none of this machine's directories. */
export function isElsewhere(text: string): boolean {
  return text.includes('://') || /^(service:|github\.com\/|git@)/.test(text);
}
