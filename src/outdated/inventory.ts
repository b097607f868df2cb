import { HoldfastError, isDigest, type Digest } from '../core/index.ts';
import { distributionFrom, type Distribution, type Subject } from '../advisories/index.ts';
import {
  archiveName,
  debSource,
  kinds,
  movedSuite,
  rootOfFiles,
  type KindName,
  type LockedArchive,
  type LockedInput,
} from '../kinds/index.ts';
import {
  frontendOfBuild,
  inputsBySection,
  type InputLine,
  type InputSection,
  type Lock,
  type Recording,
} from '../lock/index.ts';
import type { Store } from '../store/index.ts';
import { imageFilesIfSound, type ImageFiles } from './image-files.ts';

/** `base`: it came with the base image, and moves with that. `frontend`: `# syntax=` names it, and no build runs it. */
export type ItemOrigin = 'lock' | 'archives' | 'base' | 'frontend';

/** An input of a lock, or a package that its image brought along, to be looked up. */
export interface InventoryItem {
  readonly kind: KindName;
  readonly from: ItemOrigin;
  readonly input: LockedInput;
  /** What advisories are about; nothing where there are none of its kind. */
  readonly subject?: Subject | undefined;
  /** Of what came with a base image, the numbers of the lock's builds whose images have it. */
  readonly builds?: readonly number[];
  /** Of a compose project, whose builds took it or whose images have it. */
  readonly services?: readonly string[] | undefined;
}

/** All that a lock's builds took, and what is in their images. */
export interface Inventory {
  readonly items: readonly InventoryItem[];
  readonly indexes: readonly string[];
  readonly archives: readonly (LockedArchive & { readonly kind: KindName })[];
  /** Files of the images, where the store has them. */
  readonly files: ImageFiles;
  /** Whether the store has all of the images: of one that it lacks nobody knows what came with its base. */
  readonly isComplete: boolean;
}

const systemKinds: readonly KindName[] = ['apt', 'apk', 'rpm'];

export async function inventoryOf(
  lock: Lock,
  recordings: readonly Recording[],
  store: Store,
  cache: string,
): Promise<Inventory> {
  const read: (ImageFiles | undefined)[] = [];
  for (const { image } of lock.builds) read.push(await imageFilesIfSound(image, store, cache));
  const images = read.map(files => files ?? new Map<string, Buffer>());
  const installed = images.map(installedIn);
  const distribution = installed.find(one => one.distribution !== undefined)?.distribution;
  const known = new Map(installed.flatMap(({ subjects }) => subjects.map(one => [keyOf(one), one] as const)));
  const etags = etagsIn(recordings);

  const items: InventoryItem[] = [];
  for (const { name } of kinds)
    for (const line of linesOf(lock, name)) {
      const input = packageInput(line);
      const subject = known.get(keyOf({ kind: name, ...input })) ?? {
        kind: name,
        name: input.name,
        version: input.version,
        source: name === 'apt' ? await sourceOfDeb(line, store) : undefined,
        ...(systemKinds.includes(name) && { distribution }),
      };
      items.push({ kind: name, from: 'lock', input, subject });
    }
  const having = buildsHaving(installed);
  const locked = new Set(items.map(({ kind, input }) => keyOf({ kind, ...input })));
  for (const [key, subject] of known)
    if (!locked.has(key))
      items.push({
        kind: subject.kind,
        from: 'base',
        input: subject,
        subject,
        builds: having.get(key) ?? [],
      });
  const all = [...items, ...others(lock, etags)];
  const services = servicesOf(lock, recordings, installed);
  return {
    items: services.size === 0 ? all : all.map(item => ({ ...item, services: services.get(itemKey(item)) })),
    indexes: indexesIn(recordings),
    archives: archivesOf(lock, store),
    files: new Map(images.flatMap(files => [...files])),
    isComplete: !read.includes(undefined),
  };
}

/** By package, the numbers of the builds whose images have it. */
function buildsHaving(installed: readonly ReturnType<typeof installedIn>[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [n, { subjects }] of installed.entries())
    for (const key of new Set(subjects.map(keyOf))) found.set(key, [...(found.get(key) ?? []), n]);
  return found;
}

/** By item, the services of a compose project that it is of. */
function servicesOf(
  { builds }: Lock,
  recordings: readonly Recording[],
  installed: readonly ReturnType<typeof installedIn>[],
): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const [n, build] of builds.entries()) {
    const { service } = build;
    if (service === undefined) continue;
    const own = { builds: [build], inputs: inputsBySection(recordings[n]?.inputs ?? []) };
    const packages = kinds.flatMap(({ name: kind }) =>
      linesOf(own, kind).map(line => ({ kind, from: 'lock' as const, input: packageInput(line) })),
    );
    const base = (installed[n]?.subjects ?? []).map(one => ({
      kind: one.kind,
      from: 'base' as const,
      input: one,
    }));
    for (const item of [...packages, ...base, ...others(own, new Map())]) {
      const key = itemKey(item);
      found.set(key, (found.get(key) ?? new Set()).add(service));
    }
  }
  return new Map([...found].map(([key, services]) => [key, [...services].toSorted()]));
}

const itemKey = ({ kind, from, input }: Pick<InventoryItem, 'kind' | 'from' | 'input'>) =>
  [kind, from, input.name, input.version, input.architecture ?? ''].join(' ');

function others(lock: Pick<Lock, 'builds' | 'inputs'>, etags: ReadonlyMap<string, string>): InventoryItem[] {
  const items: InventoryItem[] = lock.builds.flatMap(build => {
    const { reference, manifest } = frontendOfBuild(build) ?? {};
    if (reference === undefined || manifest === undefined) return [];
    return [{ kind: 'image', from: 'frontend', input: { name: reference, version: manifest } }];
  });
  for (const { reference, index, manifest } of lock.inputs.image)
    items.push({
      kind: 'image',
      from: 'lock',
      input: { name: String(reference), version: String(index ?? manifest) },
    });
  for (const { url, commit, ref } of lock.inputs.git)
    items.push({
      kind: 'git',
      from: 'lock',
      input: { name: String(url), version: String(commit), ...(ref !== undefined && { ref: String(ref) }) },
    });
  for (const { url, method, status, sha256 } of lock.inputs.file) {
    // A redirect, and what is not there, is no file; what is sent by POST is an answer.
    if (method !== undefined || status !== undefined || sha256 === undefined) continue;
    items.push({
      kind: 'file',
      from: 'lock',
      input: { name: String(url), version: String(sha256), etag: etags.get(String(url)) },
    });
  }
  for (const { kind, url, suite, date } of lock.inputs.archives) {
    const named = kinds.find(one => one.name === kind)?.name;
    // A suite of Holdfast's own holds what an update moved alone; upstream has no such thing.
    if (named === undefined || date === undefined || suite === movedSuite) continue;
    items.push({
      kind: named,
      from: 'archives',
      input: { name: archiveName({ url: String(url), suite: String(suite) }), version: String(date) },
    });
  }
  return unique(items);
}

/** Builds for several platforms have a line each for one input. */
function unique(items: readonly InventoryItem[]): InventoryItem[] {
  return [...new Map(items.map(item => [itemKey(item), item])).values()];
}

function linesOf(lock: Pick<Lock, 'inputs'>, kind: KindName): readonly InputLine[] {
  if (kind === 'git' || kind === 'file' || kind === 'image') return [];
  const lines = lock.inputs[kind satisfies InputSection];
  // A package may have several files: wheels for platforms, a pom beside a jar.
  const keys = (line: InputLine) => [line['name'], line['version'], line['architecture']].join(' ');
  return [...new Map(lines.map(line => [keys(line), line])).values()];
}

function packageInput({ name, version, architecture, url }: InputLine): LockedInput {
  return {
    name: String(name),
    version: String(version),
    ...(architecture !== undefined && { architecture: String(architecture) }),
    url: String(url),
  };
}

/** What is installed in an image by its system's package managers, and of which distribution that is. */
export function installedIn(files: ImageFiles): {
  readonly distribution: Distribution | undefined;
  readonly subjects: readonly (Subject & { readonly architecture?: string | undefined })[];
} {
  const root = rootOfFiles(files);
  const release = (root.read('etc/os-release') ?? root.read('usr/lib/os-release'))?.toString() ?? '';
  const distribution = distributionFrom(release);
  const subjects = kinds
    .filter(({ name }) => systemKinds.includes(name))
    .flatMap(kind =>
      (kind.installed?.(root) ?? []).map(({ name, version, architecture, source }) => ({
        kind: kind.name,
        name,
        version,
        architecture,
        source,
        distribution,
      })),
    );
  return { distribution, subjects };
}

function keyOf({
  kind,
  name,
  version,
  architecture = '',
}: Pick<Subject, 'kind' | 'name' | 'version'> & { readonly architecture?: string | undefined }): string {
  return [kind, name, version, architecture].join(' ');
}

/** A package of a stage that is no part of the image says itself what it was built from. */
async function sourceOfDeb({ sha256 }: InputLine, store: Store): Promise<Subject['source']> {
  const digest = `sha256:${String(sha256)}`;
  if (!isDigest(digest) || !(await store.has(digest))) return undefined;
  try {
    return await debSource(store.read(digest));
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}

/** Every URL that was asked and answered: kinds know their indexes by the URL's shape. */
function indexesIn(recordings: readonly Recording[]): string[] {
  const urls = recordings.flatMap(({ steps }) =>
    steps.flatMap(({ exchanges }) =>
      exchanges.filter(({ key }) => key.method === 'GET').map(({ key }) => key.url),
    ),
  );
  return [...new Set(urls)];
}

function etagsIn(recordings: readonly Recording[]): Map<string, string> {
  const etags = new Map<string, string>();
  for (const { steps } of recordings)
    for (const { key, responses } of steps.flatMap(({ exchanges }) => exchanges)) {
      const etag = responses.at(-1)?.headers.find(([name]) => name === 'etag')?.[1];
      if (etag !== undefined) etags.set(key.url, etag);
    }
  return etags;
}

function archivesOf(lock: Lock, store: Store): Inventory['archives'] {
  return lock.inputs.archives.flatMap(({ kind, url, suite, sha256 }) => {
    const named = kinds.find(one => one.name === kind)?.name;
    if (named === undefined) return [];
    const digest = `sha256:${String(sha256)}`;
    const readIndex = async () =>
      isDigest(digest) && (await store.has(digest)) ? store.readBytes(digest satisfies Digest) : undefined;
    return [{ kind: named, url: String(url), suite: String(suite), readIndex }];
  });
}
