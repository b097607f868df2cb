import { mkdir, readFile, writeFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hexOf, HoldfastError, isDigest, jsonObject, type Digest } from '../core/index.ts';
import { decompress, parseManifest, readTar } from '../image/index.ts';
import type { Store } from '../store/index.ts';

/**
 * Of an image's files those that tell what is installed and whom its package managers trust. They are read from the
 * layers as they lie in the store: nothing is mounted, and no privilege is needed.
 */
const wanted =
  /^(?:(?:etc|usr\/lib)\/os-release|var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)|(?:usr\/)?lib\/apk\/db\/installed|etc\/apt\/(?:sources\.list(?:\.d\/[^/]+)?|trusted\.gpg(?:\.d\/[^/]+)?|keyrings\/[^/]+)|usr\/share\/keyrings\/[^/]+|etc\/apk\/keys\/[^/]+)$/;

const largestFile = 64 * 1024 * 1024;
const mostFiles = 20_000;

/** By path from the root, without a leading slash. */
export type ImageFiles = ReadonlyMap<string, Buffer>;

/** What a layer does to those files: a content, or that it is gone; a directory that is opaque ends with a slash. */
type LayerFiles = ReadonlyMap<string, Buffer | 'gone'>;

/** Nothing where the store lacks the image, or a layer of it. @throws HoldfastError (exit 4) for damaged layers */
export async function imageFiles(
  image: Digest,
  store: Store,
  cache: string,
): Promise<ImageFiles | undefined> {
  if (!(await store.has(image))) return undefined;
  const document = parseManifest(await store.readBytes(image));
  if (document.kind !== 'manifest') return undefined;
  const files = new Map<string, Buffer>();
  for (const { digest } of document.manifest.layers) {
    if (!(await store.has(digest))) return undefined;
    const layer = await filesOfLayer(digest, store, join(cache, 'installed', `${hexOf(digest)}.json`));
    for (const [path, change] of layer) {
      if (change !== 'gone') continue;
      const below = path.endsWith('/') ? path : `${path}/`;
      for (const known of files.keys()) if (known === path || known.startsWith(below)) files.delete(known);
    }
    for (const [path, change] of layer) if (change !== 'gone') files.set(path, change);
  }
  return files;
}

async function filesOfLayer(digest: Digest, store: Store, kept: string): Promise<LayerFiles> {
  const known = await readFile(kept, 'utf8').then(readKept, () => undefined);
  if (known !== undefined) return known;
  const files = await readLayer(digest, store);
  const text = JSON.stringify(
    [...files].map(([path, change]) => [path, change === 'gone' ? null : change.toString('base64')]),
  );
  await mkdir(dirname(kept), { recursive: true });
  const temporary = `${kept}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, kept);
  return files;
}

/** Nothing for what another version of this program wrote. */
function readKept(text: string): LayerFiles | undefined {
  const entries = jsonObject(`{"entries":${text}}`)?.['entries'];
  if (!Array.isArray(entries)) return undefined;
  return new Map(
    entries.flatMap((entry): [string, Buffer | 'gone'][] => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string') return [];
      return [[entry[0], typeof entry[1] === 'string' ? Buffer.from(entry[1], 'base64') : 'gone']];
    }),
  );
}

async function readLayer(digest: Digest, store: Store): Promise<LayerFiles> {
  const files = new Map<string, Buffer | 'gone'>();
  for await (const { path: raw, type, size, body } of readTar(decompress(store.read(digest)))) {
    const path = raw
      .toString('utf8')
      .replace(/^(?:\.?\/)+/, '')
      .replace(/\/+$/, '');
    const name = path.slice(path.lastIndexOf('/') + 1);
    const directory = path.slice(0, path.length - name.length);
    if (name === '.wh..wh..opq') files.set(directory, 'gone');
    else if (name.startsWith('.wh.')) files.set(directory + name.slice(4), 'gone');
    else if (wanted.test(path) && type === 'file' && size <= largestFile && files.size < mostFiles) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      files.set(path, Buffer.concat(chunks));
    }
  }
  return new Map([...files].filter(([path, change]) => change !== 'gone' || mayHold(path)));
}

/** Whether something that is gone may have been, or held, one of the files. */
function mayHold(path: string): boolean {
  return wanted.test(path) || /^(?:etc|usr|var|lib)(?:\/|$)/.test(path) || path === '';
}

/** Lays the files that tell whom to trust into a directory. */
export async function writeTrust(files: ImageFiles, directory: string): Promise<void> {
  for (const [path, content] of files) {
    if (!/^(?:etc\/apt|etc\/apk|usr\/share\/keyrings)\//.test(path)) continue;
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** As imageFiles; nothing for an image that is damaged too: other commands tell of that. */
export async function imageFilesIfSound(
  image: unknown,
  store: Store,
  cache: string,
): Promise<ImageFiles | undefined> {
  if (!isDigest(image)) return undefined;
  return imageFiles(image, store, cache).catch((error: unknown) => {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  });
}
