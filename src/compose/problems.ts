import { usageError, type HoldfastError, type SourcePlace } from '../core/index.ts';
import { didYouMean } from '../dockerfile/index.ts';
import type { ComposeNode } from './node.ts';

/** Where a node stands, or its key where it has one. */
export function placeOf(node: ComposeNode): SourcePlace {
  const { line, column } = node.key ?? node.range;
  return { file: node.file.source.file, line, column };
}

/** Where the value itself stands. */
export function valuePlace({ file, range: { line, column } }: ComposeNode): SourcePlace {
  return { file: file.source.file, line, column };
}

/** What the Compose specification does not allow. `what` names the place in the language: `services.web.build`. */
export function invalid(what: string, why: string, node: ComposeNode, next?: string): HoldfastError {
  return usageError('COMPOSE_INVALID', `${what} ${why}`, {
    where: placeOf(node),
    next: next ?? 'See what the Compose specification says of it.',
  });
}

/** @throws HoldfastError COMPOSE_UNKNOWN_KEY (exit 2) for a key that neither the specification has nor begins with `x-` */
export function refuseUnknownKeys(node: ComposeNode, known: readonly string[], what: string): void {
  if (node.kind !== 'map') return;
  for (const [name, value] of node.entries) {
    if (known.includes(name) || name.startsWith('x-')) continue;
    const near = didYouMean(name, known);
    throw usageError('COMPOSE_UNKNOWN_KEY', `${what} has no key "${name.slice(0, 60)}"`, {
      where: placeOf(value),
      next: near === undefined ? 'Remove it, or begin its name with x-.' : `Did you mean ${near}?`,
    });
  }
}

/** @throws HoldfastError COMPOSE_INVALID (exit 2) for what is no text, number or truth value */
export function textIn(node: ComposeNode, what: string): string {
  if (node.kind === 'scalar' && node.value !== null) return node.text.text;
  throw invalid(what, 'is a text', node);
}
