import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadCompose, type ComposeBuild } from '../compose/index.ts';
import { ifSound } from '../core/index.ts';
import { parseDockerfile, type Dockerfile } from '../dockerfile/index.ts';
import type { BuildEntry } from '../lock/index.ts';

/** The Dockerfile of a lock's build. */
export interface LockedDockerfile {
  readonly dockerfile: Dockerfile;
  /** Where the files may lie that the build copies, the likeliest first: a lock does not say. */
  readonly contexts: readonly string[];
}

/**
 * The Dockerfiles that a lock's builds are of. One that is not there or cannot be read asks for nothing here; other commands
 * tell what is wrong with it.
 * @param file of the lock
 * @param composeFiles of its services, where they are named
 */
export function lockedDockerfiles(
  file: string,
  builds: readonly BuildEntry[],
  composeFiles: readonly string[],
): (LockedDockerfile | undefined)[] {
  const home = dirname(file);
  const hasServices = builds.some(({ service }) => service !== undefined);
  const services = hasServices
    ? composeBuilds(home, composeFiles)
    : new Map<string, ComposeBuild | undefined>();
  const parsed = new Map<string, Dockerfile | undefined>();
  return builds.map(({ service = '', dockerfile: name }) => {
    const path = join(home, name);
    const { inline, context } = services.get(service) ?? {};
    const key = inline === undefined ? path : `${path} ${service}`;
    if (!parsed.has(key)) parsed.set(key, parsedIfSound(inline?.text ?? textAt(path)));
    const dockerfile = parsed.get(key);
    return dockerfile && { dockerfile, contexts: [...(context ? [context] : []), home, dirname(path)] };
  });
}

function textAt(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function parsedIfSound(text: string | undefined): Dockerfile | undefined {
  if (text === undefined) return undefined;
  return ifSound(() => parseDockerfile(text, 'Dockerfile'));
}

function composeBuilds(
  directory: string,
  files: readonly string[],
): ReadonlyMap<string, ComposeBuild | undefined> {
  const compose = ifSound(() => loadCompose({ directory, files, environment: process.env }));
  return new Map([...(compose?.services.values() ?? [])].map(({ name, build }) => [name, build]));
}
