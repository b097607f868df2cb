import { resolve } from 'node:path';
import { entryOf, isNull, type ComposeNode } from './node.ts';
import { invalid, textIn } from './problems.ts';

/** Where a secret of the project comes from. */
export type ComposeSecret =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** One that the platform has, and a build cannot be given. */
  | { readonly kind: 'external' };

/** The top-level secrets, by name. @throws HoldfastError COMPOSE_INVALID (exit 2) */
export function readSecrets(node: ComposeNode | undefined): Map<string, ComposeSecret> {
  if (node === undefined || isNull(node)) return new Map();
  if (node.kind !== 'map') throw invalid('secrets', 'is a mapping', node);
  return new Map([...node.entries].map(([name, secret]) => [name, readSecret(name, secret)]));
}

function readSecret(name: string, node: ComposeNode): ComposeSecret {
  const file = entryOf(node, 'file');
  if (file !== undefined && !isNull(file))
    return { kind: 'file', path: resolve(file.file.directory, textIn(file, `secrets.${name}.file`)) };
  const variable = entryOf(node, 'environment');
  if (variable !== undefined && !isNull(variable))
    return { kind: 'environment', variable: textIn(variable, `secrets.${name}.environment`) };
  return { kind: 'external' };
}
