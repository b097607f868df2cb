import { dirname, join, resolve } from 'node:path';
import { Source } from '../dockerfile/index.ts';
import { parseEnvFile } from './env-file.ts';
import type { Lookup } from './interpolate.ts';
import { asItems } from './merge.ts';
import { entryOf, type ComposeNode, type ComposeSource } from './node.ts';
import { readNodes } from './read-nodes.ts';
import { composeText, isElsewhere, pathIn, type ComposeText } from './values.ts';

/** What one compose file says by itself of images and builds. */
export interface ComposeFileFacts {
  /** Images of services that are not built. */
  readonly images: readonly ComposeText[];
  readonly inline: readonly ComposeText[];
  /** Paths of Dockerfiles that services are built from. */
  readonly dockerfiles: readonly string[];
  /** Paths of the compose files that it includes and extends. */
  readonly others: readonly string[];
}

/**
 * Reads a file without those that belong to it, and leaves out what is not as it should be: whoever loads the project
 * is told of that. Variables have the values of `env`, the text of the `.env` file beside it; others stay `${NAME}`.
 * @param path of the file; relative paths are meant from its directory
 * @throws HoldfastError COMPOSE_YAML, COMPOSE_TOO_LARGE, COMPOSE_INVALID, COMPOSE_INTERPOLATION (exit 2)
 */
export function composeFileFacts(
  text: string,
  path: string,
  name: string,
  env: string | undefined,
): ComposeFileFacts {
  const absolute = resolve(path);
  const file: ComposeSource = {
    source: new Source(text, name),
    directory: dirname(absolute),
    path: absolute,
  };
  const documents = readNodes(file, { lookup: lookupIn(env), keepUnset: true });
  const services = documents.flatMap(document => valuesOf(entryOf(document, 'services')));
  const builds = services.flatMap(service => entryOf(service, 'build') ?? []);
  const includes = documents.flatMap(document => listOf(entryOf(document, 'include')));
  const others = [
    ...includes.flatMap(item => (item.kind === 'map' ? listOf(entryOf(item, 'path')) : item)),
    ...services.flatMap(service => entryOf(entryOf(service, 'extends'), 'file') ?? []),
  ];
  return {
    images: services
      .filter(service => entryOf(service, 'build') === undefined)
      .flatMap(service => textIn(entryOf(service, 'image'))),
    inline: builds.flatMap(build => textIn(entryOf(build, 'dockerfile_inline'))),
    dockerfiles: builds.flatMap(dockerfileOf),
    others: others.flatMap(other => textIn(other)).flatMap(other => pathOf(other)),
  };
}

function lookupIn(env: string | undefined): Lookup {
  if (env === undefined) return () => undefined;
  try {
    const values = parseEnvFile(env, '.env', () => undefined);
    return name => values.get(name);
  } catch {
    return () => undefined; // Told of where the project is loaded.
  }
}

function dockerfileOf(build: ComposeNode): string[] {
  if (entryOf(build, 'dockerfile_inline') !== undefined) return [];
  const [context] = textIn(build.kind === 'map' ? entryOf(build, 'context') : build);
  const [dockerfile] = textIn(entryOf(build, 'dockerfile'));
  if (context !== undefined && isElsewhere(context.text)) return [];
  return [join(pathIn(build.file, context?.text ?? '.'), dockerfile?.text ?? 'Dockerfile')];
}

const pathOf = ({ file, text }: ComposeText) => (isElsewhere(text) ? [] : [pathIn(file, text)]);

function textIn(node: ComposeNode | undefined): ComposeText[] {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? [composeText(node)] : [];
}

function valuesOf(node: ComposeNode | undefined): ComposeNode[] {
  return node?.kind === 'map' ? [...node.entries.values()] : [];
}

const listOf = (node: ComposeNode | undefined) => (node === undefined ? [] : asItems(node));
