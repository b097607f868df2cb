import { buffer } from 'node:stream/consumers';
import { HoldfastError } from '../core/index.ts';
import { kinds, type InstalledPackage, type KindName, type RootFiles } from '../kinds/index.ts';
import {
  decompress,
  joined,
  nameOf,
  parentOf,
  pathInLayer,
  readTar,
  type LayerSource,
} from '../image/index.ts';

/** A package that two images have in other versions, or that only one has. */
export interface PackageDifference {
  readonly kind: KindName;
  readonly name: string;
  readonly architecture?: string | undefined;
  /** Empty where the first image has none. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Files in which package managers write down what they have installed, by their last segment. */
const records =
  /(?:^|\/)(?:status|status\.d\/[^/]+|installed|\.crates2\.json|\.crates\.toml|installed\.json|install\.json|package\.json|\.package-lock\.json|METADATA|INSTALLER|PKG-INFO|installed-files\.txt|direct_url\.json|pyvenv\.cfg|[^/]+\.gemspec)$/;

export const isPackageRecord = (path: string): boolean => records.test(path);

/**
 * What two images have installed, by the records of their package managers, read from the layers: nothing is unpacked
 * or run. Where a record cannot be read, packages of that kind are not compared.
 * @param note is told of it
 */
export async function packageDifferences(
  a: readonly LayerSource[],
  b: readonly LayerSource[],
  note: (text: string) => void,
): Promise<PackageDifference[]> {
  const read = new Map<string, Promise<LayerFiles>>();
  const filesOf = (layer: LayerSource) => {
    const known = read.get(layer.diffId) ?? layerFiles(layer);
    read.set(layer.diffId, known);
    return known;
  };
  const rootOf = async (layers: readonly LayerSource[]) => {
    const root = new LayeredFiles();
    for (const layer of layers) root.lay(await filesOf(layer));
    return root;
  };
  const roots = [await rootOf(a), await rootOf(b)] as const;
  return kinds.flatMap(kind => {
    try {
      const [before, after] = roots.map(root =>
        (kind.installed?.(root) ?? []).map(one => ({ ...one, kind: kind.name })),
      );
      return differing(before ?? [], after ?? []);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      note(`packages of ${kind.name} are not compared: ${error.message}`);
      return [];
    }
  });
}

type Installed = InstalledPackage & { readonly kind: KindName };

function differing(a: readonly Installed[], b: readonly Installed[]): PackageDifference[] {
  const keyOf = ({ kind, name, architecture = '' }: Installed) => [kind, name, architecture].join(' ');
  const [before, after] = [Map.groupBy(a, keyOf), Map.groupBy(b, keyOf)];
  const versions = (found: readonly Installed[] = []) =>
    [...new Set(found.map(({ version }) => version))].toSorted();
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap(key => {
    const [from, to] = [versions(before.get(key)), versions(after.get(key))];
    const [one] = after.get(key) ?? before.get(key) ?? [];
    if (one === undefined || from.join(' ') === to.join(' ')) return [];
    const { kind, name, architecture } = one;
    return [{ kind, name, ...(architecture !== undefined && { architecture }), from, to }];
  });
}

/** In the order of the archive: every path, and the content where it is a record. */
type LayerFiles = ReadonlyMap<string, Buffer | undefined>;

const largestRecord = 32 * 1024 * 1024;
/** Of one layer. */
const largestTotal = 256 * 1024 * 1024;

async function layerFiles(layer: LayerSource): Promise<LayerFiles> {
  const files = new Map<string, Buffer | undefined>();
  let total = 0;
  for await (const { path, type, size, body } of readTar(decompress(layer.open()))) {
    const name = pathInLayer(path);
    const isKept =
      type === 'file' && isPackageRecord(name) && size <= largestRecord && total + size <= largestTotal;
    if (isKept) total += size;
    files.set(name, isKept ? await buffer(body) : undefined);
  }
  return files;
}

const [whiteout, opaque] = ['.wh.', '.wh..wh..opq'];

/** The names of all files of an image, and what its records hold; links are not followed. */
class LayeredFiles implements RootFiles {
  readonly #directories = new Map<string, Set<string>>();
  readonly #contents = new Map<string, Buffer>();

  /** Puts a layer over those before it (OCI image-spec layer.md, "Whiteouts"). */
  lay(files: LayerFiles): void {
    for (const path of files.keys()) {
      const [directory, name] = [parentOf(path), nameOf(path)];
      if (name === opaque) this.#remove(directory);
      else if (name.startsWith(whiteout)) {
        this.#remove(joined(directory, name.slice(whiteout.length)));
        this.#directories.get(directory)?.delete(name.slice(whiteout.length));
      }
    }
    for (const [path, content] of files) {
      // No system call takes a longer path.
      if (nameOf(path).startsWith(whiteout) || path === '.' || path.length > 4096) continue;
      this.#add(path);
      if (content === undefined) this.#contents.delete(path);
      else this.#contents.set(path, content);
    }
  }

  list(directory: string): readonly string[] {
    return [...(this.#directories.get(directory) ?? [])].toSorted();
  }

  directories(directory: string): readonly string[] {
    return this.list(directory).filter(name => this.#directories.has(joined(directory, name)));
  }

  read(path: string): Buffer | undefined {
    return this.#contents.get(path);
  }

  #add(path: string): void {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const names = this.#directories.get(parentOf(at));
      if (names !== undefined) {
        names.add(nameOf(at));
        return;
      }
      this.#directories.set(parentOf(at), new Set([nameOf(at)]));
    }
  }

  /** All that is below, and what a file at the path itself holds. */
  #remove(path: string): void {
    const pending = [path];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      this.#contents.delete(at);
      for (const name of this.#directories.get(at) ?? []) pending.push(joined(at, name));
      this.#directories.delete(at);
    }
  }
}
