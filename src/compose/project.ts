import { basename, dirname, resolve } from 'node:path';
import { usageError, type SourcePlace } from '../core/index.ts';
import { composeFilesIn, isFile } from './files.ts';
import type { Lookup } from './interpolate.ts';
import { ModelLoader } from './load-model.ts';
import { entryOf, isNull, type MapNode } from './node.ts';
import { invalid, refuseUnknownKeys, textIn } from './problems.ts';
import { readSecrets, type ComposeSecret } from './secrets.ts';
import { readService, type ComposeService } from './service.ts';

export interface ComposeRequest {
  /** Where files are looked for that are not named. */
  readonly directory: string;
  /** Compose files, the later counting more. */
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A compose project as far as images and builds go. */
export interface ComposeProject {
  readonly name: string;
  /** Absolute; that of the first file. */
  readonly home: string;
  /** Absolute paths of the files that were asked for, and of all that these include and extend. */
  readonly files: readonly string[];
  readonly paths: readonly string[];
  /** By name, in the order of the files. */
  readonly services: ReadonlyMap<string, ComposeService>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
  /** Profiles that COMPOSE_PROFILES names. */
  readonly profiles: readonly string[];
  /** Variables that the files ask for and that have no value, with the place of the first that asks. */
  readonly unset: ReadonlyMap<string, SourcePlace>;
}

const topKeys = [
  'configs',
  'include',
  'models',
  'name',
  'networks',
  'secrets',
  'services',
  'version',
  'volumes',
];

/**
 * Loads a compose project: its files, with what they include and extend, merged and with variables put in.
 * @throws HoldfastError COMPOSE_… and ENV_FILE_INVALID (exit 2), with the place in the file
 */
export function loadCompose({ directory, files: named, environment }: ComposeRequest): ComposeProject {
  const files =
    named.length > 0 ? named.map(file => resolve(file)) : filesFor(resolve(directory), environment);
  const [main] = files;
  if (main === undefined)
    throw usageError('COMPOSE_FILE_MISSING', `there is no compose file in ${directory}`, {
      next: 'Name the directory that holds it, or the file itself with -f.',
    });
  const home = dirname(main);
  const loader = new ModelLoader(home);
  const lookup = withDotEnv(loader, home, environment);
  const model = loader.model(files, { directory: home, lookup, within: [] });
  const services = model?.entries.get('services');
  if (model !== undefined) refuseUnknownKeys(model, topKeys, 'a compose file');
  if (model === undefined || services === undefined || isNull(services))
    throw usageError('COMPOSE_EMPTY', `${basename(main)} has no services`, {
      where: { file: basename(main), line: 1 },
      next: 'Name a compose file with services.',
    });
  if (services.kind !== 'map') throw invalid('services', 'is a mapping', services);
  const read = [...services.entries].map(([name, node]) => [name, readService(name, node, lookup)] as const);
  const profiles = (lookup('COMPOSE_PROFILES') ?? '').split(',').map(one => one.trim());
  return {
    name: nameOf(model, lookup, home),
    home,
    files,
    paths: [...loader.paths],
    services: new Map(read),
    secrets: readSecrets(model.entries.get('secrets')),
    profiles: profiles.filter(one => one !== ''),
    unset: unsetIn(model),
  };
}

function filesFor(directory: string, environment: ComposeRequest['environment']): string[] {
  const lookup = withDotEnv(new ModelLoader(directory), directory, environment);
  const text = lookup('COMPOSE_FILE') ?? '';
  if (text === '') return composeFilesIn(directory);
  return text.split(lookup('COMPOSE_PATH_SEPARATOR') ?? ':').map(file => resolve(directory, file));
}

/** What the environment says counts before what `.env` beside the first file says. */
function withDotEnv(loader: ModelLoader, home: string, environment: ComposeRequest['environment']): Lookup {
  const fromEnvironment: Lookup = name => environment[name];
  const path = resolve(home, '.env');
  const isOff = /^(1|t|true)$/i.test(environment['COMPOSE_DISABLE_ENV_FILE'] ?? '');
  if (isOff || !isFile(path)) return fromEnvironment;
  const variables = loader.variables([path], fromEnvironment);
  return name => fromEnvironment(name) ?? variables.get(name);
}

/** Compose specification, "Name top-level element": whichever counts, what a name cannot have is left out. */
function nameOf(model: MapNode, lookup: Lookup, home: string): string {
  const node = entryOf(model, 'name');
  const named = node === undefined || isNull(node) ? '' : textIn(node, 'name');
  for (const name of [lookup('COMPOSE_PROJECT_NAME') ?? '', named, basename(home)]) {
    const kept = name
      .toLowerCase()
      .replaceAll(/[^-_a-z0-9]/g, '')
      .replace(/^[-_]+/, '');
    if (kept !== '') return kept;
  }
  return 'default';
}

function unsetIn(model: MapNode): Map<string, SourcePlace> {
  const found = new Map<string, SourcePlace>();
  const open = [...model.entries.values()];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'list') open.push(...node.items);
    else if (node.kind === 'map') open.push(...node.entries.values());
    else for (const name of node.unset) if (!found.has(name)) found.set(name, node.text.where());
  }
  return found;
}
