import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { usageError, type HoldfastError } from '../core/index.ts';
import { Source } from '../dockerfile/index.ts';
import { parseEnvFile } from './env-file.ts';
import { isFile, readFileText } from './files.ts';
import type { Lookup } from './interpolate.ts';
import { asItems, merged, settled } from './merge.ts';
import { entryOf, isNull, withEntries, type ComposeNode, type MapNode } from './node.ts';
import { invalid, placeOf, refuseUnknownKeys, textIn, valuePlace } from './problems.ts';
import { readNodes } from './read-nodes.ts';

/** Where a set of files is loaded from, and with which variables. */
interface Scope {
  /** Relative paths in the files are meant from here; absolute. */
  readonly directory: string;
  readonly lookup: Lookup;
  /** The files that include these ones, outermost first. */
  readonly within: readonly string[];
}

/** What one project is made of, each file as often as it is included. */
const mostFiles = 500;
const mostCharacters = 8 * 1024 * 1024;
const mostDepth = 50;

/** Reads compose files, and all that they include and extend. */
export class ModelLoader {
  /** Paths of all files that were read. */
  readonly paths = new Set<string>();
  readonly #home: string;
  #files = 0;
  #characters = 0;
  /** Files that services extend, by what their variables mean, so that each is read once for many services. */
  readonly #extendable = new Map<Lookup, Map<string, MapNode | undefined>>();

  /** @param home files are named to people from here. */
  constructor(home: string) {
    this.#home = home;
  }

  /**
   * What several files say together, the later counting more.
   * @throws HoldfastError COMPOSE_… and ENV_FILE_INVALID (exit 2)
   */
  model(paths: readonly string[], scope: Scope, asker?: ComposeNode): MapNode | undefined {
    let model: ComposeNode | undefined;
    for (const path of paths)
      for (const document of this.#documents(path, scope, asker)) {
        const included = this.#withIncludes(document, path, scope);
        const extended = this.#withExtends(included, path, scope);
        model = settled(model === undefined ? extended : merged(model, extended, []));
      }
    return model?.kind === 'map' ? model : undefined;
  }

  #documents(path: string, { directory, lookup }: Scope, asker?: ComposeNode): MapNode[] {
    const name = relative(this.#home, path) || path;
    const where = asker && valuePlace(asker);
    this.paths.add(path);
    const source = new Source(readFileText(path, name, where), name);
    this.#files++;
    this.#characters += source.text.length;
    if (this.#files > mostFiles || this.#characters > mostCharacters)
      throw usageError('COMPOSE_TOO_LARGE', `the project is made of more than ${mostFiles} files, or 8 MiB`, {
        ...(where && { where }),
        next: 'Include fewer files.',
      });
    return readNodes({ source, directory, path }, { lookup });
  }

  #withIncludes(document: MapNode, path: string, scope: Scope): MapNode {
    const include = document.entries.get('include');
    const entries = new Map(document.entries);
    entries.delete('include');
    let result = withEntries(document, entries);
    if (include === undefined || isNull(include)) return result;
    if (include.kind !== 'list') throw invalid('include', 'is a list of files', include);
    for (const item of include.items) {
      const model = this.#included(item, path, scope);
      if (model === undefined) continue;
      for (const section of ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'])
        result = importedSection(result, model, section);
    }
    return result;
  }

  #included(item: ComposeNode, path: string, scope: Scope): MapNode | undefined {
    const within = [...scope.within, path];
    if (item.kind === 'list') throw invalid('include', 'is a list of files', item);
    refuseUnknownKeys(item, ['path', 'project_directory', 'env_file'], 'an include');
    const given = item.kind === 'map' ? item.entries.get('path') : item;
    const named = given === undefined ? [] : asItems(given).map(one => this.#path(one, scope.directory));
    const [main] = named;
    if (given === undefined || main === undefined) throw invalid('include', 'has no path', item);
    if (within.includes(main))
      throw cycle(
        'include',
        [...within, main].map(one => relative(this.#home, one)),
        given,
      );
    if (within.length > mostDepth)
      throw invalid('include', `is nested deeper than ${mostDepth} files`, given);
    const own = entryOf(item, 'project_directory');
    const directory =
      own === undefined ? dirname(main) : resolve(scope.directory, textIn(own, 'include.project_directory'));
    const files = asItems(entryOf(item, 'env_file') ?? emptyList(item)).map(one =>
      this.#path(one, scope.directory),
    );
    const fallback = join(directory, '.env');
    const variables = this.variables(
      files.length > 0 ? files : isFile(fallback) ? [fallback] : [],
      scope.lookup,
      item,
    );
    const lookup: Lookup = name => scope.lookup(name) ?? variables.get(name);
    return this.model(named, { directory, lookup, within }, given);
  }

  /** The variables of env files, each seeing those before it. */
  variables(paths: readonly string[], lookup: Lookup, asker?: ComposeNode): Map<string, string> {
    const found = new Map<string, string>();
    for (const path of paths) {
      if (path === '/dev/null') continue;
      const name = relative(this.#home, path) || path;
      const text = readFileText(path, name, asker && valuePlace(asker));
      const own: Lookup = variable => lookup(variable) ?? found.get(variable);
      for (const [variable, value] of parseEnvFile(text, name, own)) found.set(variable, value);
    }
    return found;
  }

  #path(node: ComposeNode, directory: string): string {
    const text = textIn(node, 'a path');
    if (/^(https?|git|ssh|oci):\/\/|^git@|^github\.com\//.test(text))
      throw usageError('COMPOSE_REMOTE', `${text.slice(0, 120)} is not on this machine`, {
        where: valuePlace(node),
        next: 'Get the file, and name its copy: what a build depends on is kept beside its lock.',
      });
    return isAbsolute(text) ? text : resolve(directory, text);
  }

  #withExtends(document: MapNode, path: string, scope: Scope): MapNode {
    const services = document.entries.get('services');
    if (services?.kind !== 'map') return document;
    const done = new Map<string, ComposeNode>();
    for (const name of services.entries.keys())
      done.set(name, this.#extended(name, services, { path, scope, tracked: [] }));
    return withEntries(document, new Map([...document.entries, ['services', withEntries(services, done)]]));
  }

  /** A service with what it extends below it (Compose specification, "extends"). */
  #extended(
    name: string,
    services: MapNode,
    at: { readonly path: string; readonly scope: Scope; readonly tracked: readonly string[] },
  ): ComposeNode {
    const service = services.entries.get(name);
    const extended = entryOf(service, 'extends');
    if (service?.kind !== 'map' || extended === undefined || isNull(extended)) return service ?? services;
    refuseUnknownKeys(extended, ['service', 'file'], 'extends');
    const what = `services.${name}.extends`;
    const reference = extended.kind === 'map' ? extended.entries.get('service') : extended;
    if (reference === undefined) throw invalid(what, 'names no service', extended);
    const base = textIn(reference, what);
    const file = entryOf(extended, 'file');
    const tracked = [...at.tracked, `${relative(this.#home, at.path)}: ${name}`];
    const found = file === undefined ? { services, ...at } : this.#servicesOf(file, at.scope);
    const next = `${relative(this.#home, found.path)}: ${base}`;
    if (tracked.includes(next)) throw cycle('extends', [...tracked, next], extended);
    if (tracked.length > mostDepth)
      throw invalid(what, `is nested deeper than ${mostDepth} services`, extended);
    if (found.services?.entries.get(base) === undefined)
      throw invalid(
        what,
        `names the service ${base}, which ${relative(this.#home, found.path)} has not`,
        reference,
      );
    const below = this.#extended(base, found.services, { path: found.path, scope: found.scope, tracked });
    const own = new Map(service.entries);
    own.delete('extends');
    if (isNull(below)) return withEntries(service, own);
    // What the service under it was marked with is about its own file.
    return merged(settled(below), withEntries(service, own), ['services', name]);
  }

  /** The services of another file, as they stand in it: what it includes does not count. */
  #servicesOf(file: ComposeNode, scope: Scope) {
    const path = this.#path(file, scope.directory);
    const own: Scope = { ...scope, directory: dirname(path) };
    const known = this.#extendable.get(scope.lookup) ?? new Map<string, MapNode | undefined>();
    this.#extendable.set(scope.lookup, known);
    if (!known.has(path)) {
      const [first, ...others] = this.#documents(path, own, file);
      const model = first && others.reduce<ComposeNode>((all, one) => merged(all, one, []), first);
      const services = entryOf(model, 'services');
      known.set(path, services?.kind === 'map' ? services : undefined);
    }
    return { path, scope: own, services: known.get(path) };
  }
}

function importedSection(into: MapNode, from: MapNode, section: string): MapNode {
  const [own, others] = [into, from].map(model => model.entries.get(section));
  if (others?.kind !== 'map') return into;
  const entries = new Map(own?.kind === 'map' ? own.entries : []);
  for (const [name, value] of others.entries) {
    const conflict = entries.get(name);
    entries.set(name, conflict === undefined ? value : merged(value, conflict, [section, name]));
  }
  const merging = own?.kind === 'map' ? own : others;
  return withEntries(into, new Map([...into.entries, [section, withEntries(merging, entries)]]));
}

function emptyList({ file, range }: ComposeNode): ComposeNode {
  return { kind: 'list', file, range, size: 1, items: [] };
}

function cycle(what: string, path: readonly string[], node: ComposeNode): HoldfastError {
  return usageError('COMPOSE_CYCLE', `${what} goes in a circle: ${path.join(' → ')}`, {
    where: placeOf(node),
    next: 'Take one of them out.',
  });
}
