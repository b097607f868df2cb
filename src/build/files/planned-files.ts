import { readdirSync, type Stats } from 'node:fs';
import { factsOf, type FileFacts, type PlannedFile } from '../../image/index.ts';
import type { RootFiles } from '../../kinds/index.ts';
import { resolveLinks } from '../../sandbox/index.ts';
import type { CopyTarget, FileMetadata } from './copy-target.ts';
import { attempt, listing, readIfSmall, type Named } from './root-files.ts';

/** What a plan has at a path: a file by where its content is, or a directory, which may be one of the layers below. */
type Entry = Omit<PlannedFile, 'path'>;

const nothing = Buffer.alloc(0);

/**
 * A root file system to which files are copied in mind only: nothing is written, and what lies below is looked at.
 * What it then holds is what the upper directory of an overlay would, were the copies made.
 */
export class PlannedFiles implements CopyTarget {
  /** The merged layers below, as they are mounted now. */
  readonly #view: string;
  /** Unix seconds: what a directory's time becomes when something is put into it. */
  readonly #now: number;
  readonly #entries: Map<string, Entry>;
  /** Directories that the layers below do not have, nor anything in them. */
  readonly #new: Set<string>;

  /** @param same what is planned already. */
  constructor(view: string, now: number, same?: PlannedFiles) {
    this.#view = view;
    this.#now = now;
    this.#entries = same === undefined ? new Map<string, Entry>() : same.#entries;
    this.#new = same === undefined ? new Set<string>() : same.#new;
  }

  resolve(path: string): string {
    const linkAt = (at: string) => {
      const found = this.#entries.get(at) ?? this.#below(at);
      return found?.type === 'symlink' ? found.target.toString() : undefined;
    };
    return resolveLinks(linkAt, path);
  }

  typeAt(path: string): 'directory' | 'symlink' | 'other' | undefined {
    const type = (this.#entries.get(path) ?? this.#below(path))?.type;
    return type === undefined || type === 'directory' || type === 'symlink' ? type : 'other';
  }

  makeDirectory(path: string): void {
    this.#put(path, { type: 'directory', size: 0, target: nothing });
    this.#new.add(path);
  }

  remove(path: string): void {
    // COPY removes files to put others there, so the layers below need no mark.
    this.#entries.delete(path);
  }

  putFile(source: string, { size }: Stats, path: string): void {
    this.#put(path, { type: 'file', size, target: nothing, source: Buffer.from(source) });
  }

  putLink(target: Buffer, path: string): void {
    this.#put(path, { type: 'symlink', size: 0, target });
  }

  putFifo(path: string): void {
    this.#put(path, { type: 'fifo', size: 0, target: nothing });
  }

  putHardLink(): void {
    throw new TypeError('files of the context have one name each');
  }

  describe(path: string, { uid, gid, mode, seconds }: FileMetadata): void {
    const entry = this.#entries.get(path) ?? this.#raised(path);
    this.#entries.set(path, { ...entry, uid, gid, mode: mode ?? 0o777, mtime: seconds });
  }

  async takeXattrs(): Promise<void> {}

  /** All of it, for a layer, each directory before what it holds. */
  files(): PlannedFile[] {
    return [...this.#entries].map(([path, entry]) => ({ path: path.slice(1), ...entry }));
  }

  /** The files of the whole image. @param view the layers below, mounted anew. */
  over(view: string): RootFiles {
    const files = new PlannedFiles(view, this.#now, this);
    const planned = Map.groupBy(this.#entries, ([path]) => parentOf(path));
    const entriesOf = (directory: string): Named[] => {
      const path = files.resolve(directory);
      if (files.typeAt(path) !== 'directory') throw new Error(`${path} is no directory`);
      const below = attempt(() => readdirSync(view + path, { withFileTypes: true })) ?? [];
      const byName = new Map(below.map((entry): [string, Named] => [entry.name, entry]));
      // What is planned lies over what is below.
      for (const [at, { type }] of planned.get(path === '/' ? '' : path) ?? []) {
        const name = at.slice(at.lastIndexOf('/') + 1);
        byName.set(name, {
          name,
          isDirectory: () => type === 'directory',
          isSymbolicLink: () => type === 'symlink',
        });
      }
      return [...byName.values()];
    };
    return {
      ...listing(entriesOf),
      read: path =>
        attempt(() => {
          const resolved = files.resolve(path);
          const entry = files.#entries.get(resolved);
          if (entry === undefined) return readIfSmall(view + resolved);
          return entry.source && readIfSmall(entry.source);
        }),
    };
  }

  #put(path: string, entry: Pick<Entry, 'type' | 'size' | 'target' | 'source'>): void {
    this.#touch(parentOf(path));
    this.#entries.set(path, { mode: 0, uid: 0, gid: 0, mtime: this.#now, ...entry });
  }

  /** Something is put into a directory, which lies there already or is planned. */
  #touch(path: string): void {
    if (path === '') return;
    const entry = this.#entries.get(path) ?? this.#raised(path);
    if (entry.mtime !== this.#now) this.#entries.set(path, { ...entry, mtime: this.#now });
  }

  /** A directory of the layers below comes into the layer with those that lead to it, as overlayfs copies them up. */
  #raised(path: string): Entry {
    const facts = this.#below(path);
    if (facts?.type !== 'directory') throw new Error(`${path} is no directory`);
    const { mode, uid, gid, mtime } = facts;
    const entry = { type: 'directory', mode, uid, gid, mtime, size: 0, target: nothing } as const;
    const parent = parentOf(path);
    if (parent !== '' && !this.#entries.has(parent)) this.#raised(parent);
    this.#entries.set(path, entry);
    return entry;
  }

  #below(path: string): FileFacts | undefined {
    if (this.#new.has(parentOf(path))) return undefined;
    const facts = factsOf(Buffer.from(this.#view + path));
    // One layer alone is shown as it lies, with its marks of removed files.
    return facts?.type === 'whiteout' ? undefined : facts;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
