import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { buildDeb, type PackageSpec } from './deb.ts';
import { ArchiveKey } from './key.ts';
import { ArchiveServer } from './server.ts';
import { storedXz } from './xz.ts';

export interface ArchiveOptions {
  /** Default: a key made now, dated 2020. */
  readonly key?: ArchiveKey;
  /** `Origin` of every Release. Default: `Test`. */
  readonly origin?: string;
  /** The architecture of the index that is published. Default: amd64. */
  readonly architecture?: string;
}

export interface Publication {
  /** The suite's date; it must lie after the key was made. */
  readonly date: Date;
  /** All packages of the suite from now on. */
  readonly packages: readonly PackageSpec[];
  /** Default: `stable`. */
  readonly suite?: string;
  readonly codename?: string;
  readonly label?: string;
  readonly component?: string;
  /** Default: no `Valid-Until`. */
  readonly validUntil?: Date;
  /** Keep the files of packages that the suite no longer has, as a snapshot would. Default: they are gone. */
  readonly keepOldFiles?: boolean;
  /** Further fields of the Release, for example `NotAutomatic`. */
  readonly fields?: Readonly<Record<string, string>>;
}

export interface StoredFile {
  readonly bytes: Buffer;
  readonly modified: Date;
}

/** All files of an archive as they were from a date on. */
export interface ArchiveState {
  readonly date: Date;
  readonly files: ReadonlyMap<string, StoredFile>;
}

/**
 * An apt archive in memory, with any number of suites, each of which can be published anew at a later date. What is
 * published is the same bytes for the same key, dates and packages.
 */
export class AptArchive {
  readonly key: ArchiveKey;
  /** By path below the archive's base URL. */
  readonly files = new Map<string, StoredFile>();
  /** What was published, in the order in which it was: the past that `serveSnapshots` serves. */
  readonly history: ArchiveState[] = [];
  readonly #origin: string;
  readonly #architecture: string;
  /** The pool files of each suite. */
  readonly #pool = new Map<string, ReadonlySet<string>>();

  private constructor(key: ArchiveKey, { origin = 'Test', architecture = 'amd64' }: ArchiveOptions) {
    this.key = key;
    this.#origin = origin;
    this.#architecture = architecture;
  }

  static async create(options: ArchiveOptions = {}): Promise<AptArchive> {
    const key = options.key ?? (await ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z') }));
    return new AptArchive(key, options);
  }

  /** Replaces a suite's state. Its by-hash files of earlier dates stay, as archives keep them for a while. */
  async publish(publication: Publication): Promise<void> {
    const { date, packages, suite = 'stable', component = 'main', keepOldFiles = false } = publication;
    const pool = new Set<string>();
    const stanzas = packages.map(spec => {
      const path = poolPath(component, spec);
      // A package that stays keeps its date, and with it its bytes.
      const { modified } = this.files.get(path) ?? { modified: date };
      const { control, bytes } = buildDeb(spec, modified);
      pool.add(path);
      this.files.set(path, { bytes, modified });
      return `${control}Filename: ${path}\nSize: ${bytes.byteLength}\nSHA256: ${hash('sha256', bytes)}\n`;
    });
    const old = this.#pool.get(suite) ?? new Set<string>();
    this.#pool.set(suite, pool);
    if (!keepOldFiles) this.#remove(old);
    await this.#publishIndexes(publication, suite, component, Buffer.from(stanzas.join('\n')));
    this.history.push({ date, files: new Map(this.files) });
  }

  /** Takes a suite down, as distributions do at the end of its life. @param date when that was */
  withdraw(suite: string, date: Date): void {
    for (const path of this.files.keys()) if (path.startsWith(`dists/${suite}/`)) this.files.delete(path);
    const pool = this.#pool.get(suite) ?? new Set<string>();
    this.#pool.delete(suite);
    this.#remove(pool);
    this.history.push({ date, files: new Map(this.files) });
  }

  /** Serves on a free port of 127.0.0.1. @param folder the archive's path there, for example `debian`; default: none */
  async serve(folder = ''): Promise<ArchiveServer> {
    if (folder === '') return ArchiveServer.start(this.files);
    const prefix = `${folder}/`;
    const get = (path: string) =>
      path.startsWith(prefix) ? this.files.get(path.slice(prefix.length)) : undefined;
    return ArchiveServer.start({ get });
  }

  async #publishIndexes(
    publication: Publication,
    suite: string,
    component: string,
    packages: Buffer,
  ): Promise<void> {
    const { date } = publication;
    const directory = `${component}/binary-${this.#architecture}`;
    const indexes = new Map([
      [`${directory}/Packages`, packages],
      [`${directory}/Packages.gz`, gzipSync(packages)],
      [`${directory}/Packages.xz`, storedXz(packages)],
    ]);
    const root = `dists/${suite}`;
    for (const [path, bytes] of indexes) {
      this.files.set(`${root}/${path}`, { bytes, modified: date });
      const byHash = `${root}/${directory}/by-hash/SHA256/${hash('sha256', bytes)}`;
      this.files.set(byHash, { bytes, modified: date });
    }
    const release = this.#release(publication, suite, component, indexes);
    const put = (name: string, bytes: Buffer): unknown =>
      this.files.set(`${root}/${name}`, { bytes, modified: date });
    put('Release', Buffer.from(release));
    put('Release.gpg', await this.key.detachedSign(release, date));
    put('InRelease', await this.key.clearSign(release, date));
  }

  #release(
    { date, validUntil, codename, label, fields }: Publication,
    suite: string,
    component: string,
    indexes: ReadonlyMap<string, Buffer>,
  ): string {
    const lines = Object.entries({
      Origin: this.#origin,
      Label: label ?? this.#origin,
      Suite: suite,
      Codename: codename ?? suite,
      Date: date.toUTCString().replace('GMT', 'UTC'),
      ...(validUntil && { 'Valid-Until': validUntil.toUTCString().replace('GMT', 'UTC') }),
      'Acquire-By-Hash': 'yes',
      'No-Support-for-Architecture-all': 'Packages',
      Architectures: `all ${this.#architecture}`,
      Components: component,
      ...fields,
    }).map(([name, value]) => `${name}: ${value}\n`);
    const listed = [...indexes].map(
      ([path, bytes]) => ` ${hash('sha256', bytes)} ${bytes.byteLength} ${path}\n`,
    );
    return [...lines, 'SHA256:\n', ...listed].join('');
  }

  /** A file that another suite still lists stays. */
  #remove(paths: ReadonlySet<string>): void {
    const used = new Set([...this.#pool.values()].flatMap(set => [...set]));
    for (const path of paths) if (!used.has(path)) this.files.delete(path);
  }
}

/** `pool/main/h/hello/hello_1.0-1_all.deb`: without the epoch, as Debian's archive names its files. */
function poolPath(component: string, { name, version, architecture = 'all' }: PackageSpec): string {
  const folder = name.startsWith('lib') ? name.slice(0, 4) : name.slice(0, 1);
  return `pool/${component}/${folder}/${name}/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
}

function hash(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
