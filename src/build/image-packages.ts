import type { Digest } from '../core/index.ts';
import { decompress, readTar, type LayerSource } from '../image/index.ts';
import { kinds, rootOfFiles, type InstalledPackage, type KindName } from '../kinds/index.ts';
import type { Store } from '../store/index.ts';
import { imageConfig, imageLayers } from './image-layers.ts';

/** Where systems that keep one record of all that is installed have it, without a leading slash. */
const records =
  /^(?:var\/lib\/dpkg\/status(?:\.d\/[^/]+)?|lib\/apk\/db\/installed|usr\/lib\/apk\/db\/installed)$/;
const largestRecord = 64 * 1024 * 1024;

/** Of such a system the topmost record is all of it; the other kind has a file for each package. */
const wholeRecord = /\/(?:status|installed)$/;

/**
 * The system's packages of an image that the store has, read from its layers without mounting them: what `rpm` keeps
 * in a database is left out.
 * @throws HoldfastError what Store.read and readTar throw
 */
export async function imagePackages(
  image: Digest,
  store: Store,
): Promise<ReadonlyMap<KindName, readonly InstalledPackage[]>> {
  const config = await imageConfig(image, store);
  const files = new Map<string, Buffer>();
  for (const layer of (await imageLayers(image, config, store)).toReversed()) {
    for (const [name, content] of await recordsIn(layer)) if (!files.has(name)) files.set(name, content);
    if ([...files.keys()].some(name => wholeRecord.test(name))) break;
  }
  const root = rootOfFiles(files);
  return new Map(kinds.map(kind => [kind.name, kind.installed?.(root) ?? []]));
}

async function recordsIn(layer: LayerSource): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { type, path, size, body } of readTar(decompress(layer.open()))) {
    const name = path.toString('utf8').replace(/^\.\//, '');
    if (type !== 'file' || size > largestRecord || !records.test(name)) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    found.set(name, Buffer.concat(chunks));
  }
  return found;
}
