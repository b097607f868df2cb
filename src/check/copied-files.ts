import { posix } from 'node:path';

interface Copy {
  /** Paths in the context, without a leading slash. */
  readonly sources: readonly string[];
  /** An absolute path in the image; it ends with a slash where it must be a directory. */
  readonly destination: string;
}

/** Which files of the context lie where in a stage, as far as COPY says by name. */
export class CopiedFiles {
  readonly #copies: Copy[];

  constructor(inherited?: CopiedFiles) {
    this.#copies = [...(inherited?.copied ?? [])];
  }

  get copied(): readonly Copy[] {
    return this.#copies;
  }

  add(sources: readonly string[], destination: string, workdir: string): void {
    const slash =
      destination.endsWith('/') || /(^|\/)\.{1,2}$/.test(destination) || sources.length > 1 ? '/' : '';
    const absolute = posix.resolve(workdir, destination);
    this.#copies.push({ sources, destination: absolute.replace(/\/$/, '') + slash });
  }

  /** Paths in the context of files that were copied by this name, wherever to. */
  named(name: string): string[] {
    const sources = this.#copies.toReversed().flatMap(copy => copy.sources);
    return sources
      .map(source => posix.resolve('/', source).slice(1))
      .filter(path => posix.basename(path) === name);
  }

  /** Paths in the context that may lie at a path in the image, the likeliest first. */
  candidates(path: string): string[] {
    return this.#copies.toReversed().flatMap(({ sources, destination }) =>
      sources.flatMap(source => {
        // No path leads out of the context: Docker takes `..` at its root for the root.
        const from = posix.resolve('/', source).slice(1);
        const found: string[] = [];
        if (path === destination) found.push(from);
        if (destination.endsWith('/') && path === destination + posix.basename(from)) found.push(from);
        const directory = destination.replace(/\/?$/, '/');
        // What a directory holds is copied, not the directory itself.
        if (path.startsWith(directory)) found.push(posix.join(from, path.slice(directory.length)));
        return found;
      }),
    );
  }
}
