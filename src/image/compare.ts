import { Digester, type Digest } from '../core/index.ts';
import { likelyCause, type LikelyCause } from './cause.ts';
import { decompress } from './decompress.ts';
import { byBytes, byteString, shown, type ByteString } from './filesystem/byte-string.ts';
import { readTar, type TarHeader } from './tar/index.ts';

/** One layer of an image: its blob, in any compression, as often as it is asked for. */
export interface LayerSource {
  readonly diffId: Digest;
  open(): AsyncIterable<Uint8Array>;
}

export type DifferenceKind =
  | 'added'
  | 'removed'
  | 'content'
  | 'mode'
  | 'owner'
  | 'mtime'
  | 'type'
  | 'xattr'
  /** The entries are the same; their order or the form of their headers is not. */
  | 'archive';

export interface LayerDifference {
  /** Counted from 0, the lowest. */
  readonly layer: number;
  /** Without leading slash; `.` for the archive as a whole. */
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly cause: LikelyCause;
}

interface Entry {
  readonly header: TarHeader;
  readonly digest: Digest;
}

type Entries = ReadonlyMap<ByteString, Entry>;

/**
 * What differs between the layers of two images, entry by entry, sorted by layer and path. Layers of equal diff IDs
 * are not read; those that one image lacks are taken for empty.
 * @throws HoldfastError TAR_*, LAYER_* (exit 4) for layers that cannot be read
 */
export async function compareLayers(
  a: readonly (LayerSource | undefined)[],
  b: readonly (LayerSource | undefined)[],
): Promise<LayerDifference[]> {
  const differences: LayerDifference[] = [];
  for (let layer = 0; layer < Math.max(a.length, b.length); layer++) {
    const [left, right] = [a[layer], b[layer]];
    if (left?.diffId === right?.diffId) continue;
    differences.push(...(await compareLayer(layer, left, right)));
  }
  return differences;
}

async function compareLayer(
  layer: number,
  a: LayerSource | undefined,
  b: LayerSource | undefined,
): Promise<LayerDifference[]> {
  const [left, right] = [await entriesOf(a), await entriesOf(b)];
  const paths = [...new Set([...left.keys(), ...right.keys()])].toSorted(byBytes);
  const found = paths.flatMap(path => kindsOf(left.get(path), right.get(path)).map(kind => ({ path, kind })));
  if (found.length === 0) return [{ layer, path: '.', kind: 'archive', cause: 'order' }];
  const differing = new Set(found.flatMap(({ path, kind }) => (kind === 'content' ? [path] : [])));
  const contents = [await contentsOf(a, differing), await contentsOf(b, differing)] as const;
  return found.map(({ path, kind }) => ({
    layer,
    path: shown(path),
    kind,
    cause: causeOf(path, kind, contents[0].get(path), contents[1].get(path)),
  }));
}

function causeOf(path: ByteString, kind: DifferenceKind, a?: Buffer, b?: Buffer): LikelyCause {
  if (kind === 'mtime') return 'clock';
  return likelyCause(shown(path), a, b);
}

async function entriesOf(source: LayerSource | undefined): Promise<Entries> {
  const entries = new Map<ByteString, Entry>();
  if (source === undefined) return entries;
  for await (const entry of readTar(decompress(source.open()))) {
    const digester = new Digester();
    for await (const chunk of entry.body) digester.update(chunk);
    const { body: _body, ...header } = entry;
    entries.set(normalised(entry.path), { header, digest: digester.digest() });
  }
  return entries;
}

/** `./etc/` and `etc` are one path. */
function normalised(path: Buffer): ByteString {
  const names = byteString(path)
    .split('/')
    .filter(name => name !== '' && name !== '.');
  return names.join('/') || '.';
}

function kindsOf(a: Entry | undefined, b: Entry | undefined): DifferenceKind[] {
  if (a === undefined) return ['added'];
  if (b === undefined) return ['removed'];
  const [x, y] = [a.header, b.header];
  if (x.type !== y.type) return ['type'];
  const checks: readonly (readonly [DifferenceKind, boolean])[] = [
    ['content', a.digest === b.digest && x.target.equals(y.target) && sameDevice(x, y)],
    ['mode', x.mode === y.mode],
    ['owner', x.uid === y.uid && x.gid === y.gid],
    ['mtime', x.mtime === y.mtime],
    ['xattr', sameAttributes(x, y)],
  ];
  return checks.flatMap(([kind, isSame]) => (isSame ? [] : [kind]));
}

function sameDevice({ device: a }: TarHeader, { device: b }: TarHeader): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}

function sameAttributes({ xattrs: a }: TarHeader, { xattrs: b }: TarHeader): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name)?.equals(value) === true);
}

/** Enough to tell a cause; what is larger is judged by its name. */
const largestContent = 1024 * 1024;
const largestTotal = 64 * 1024 * 1024;

async function contentsOf(
  source: LayerSource | undefined,
  paths: ReadonlySet<ByteString>,
): Promise<ReadonlyMap<ByteString, Buffer>> {
  const contents = new Map<ByteString, Buffer>();
  if (source === undefined || paths.size === 0) return contents;
  let total = 0;
  for await (const { path, type, size, body } of readTar(decompress(source.open()))) {
    const name = normalised(path);
    if (type !== 'file' || !paths.has(name) || size > largestContent || total + size > largestTotal) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    contents.set(name, Buffer.concat(chunks));
    total += size;
  }
  return contents;
}
