import { buffer } from 'node:stream/consumers';
import { differingLines, Digester, type DiffLine, type Digest } from '../core/index.ts';
import { likelyCause, type LikelyCause } from './cause.ts';
import { decompress } from './decompress.ts';
import { byBytes, byteString, shown, type ByteString } from './filesystem/byte-string.ts';
import { layerPairs, type PairedLayer } from './layer-pairs.ts';
import { readTar, type TarHeader } from './tar/index.ts';

/** One layer of an image: its blob, in any compression, as often as it is asked for. */
export interface LayerSource extends PairedLayer {
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
  /** Counted from 0, the lowest: of the second image, or of the first where that alone has it. */
  readonly layer: number;
  /** Whether the second image has no such layer. */
  readonly gone: boolean;
  /** Without leading slash; `.` for the archive as a whole. */
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly cause: LikelyCause;
  /** Bytes of a regular file before and after; absent where it is none. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** What changed in a small text, where that is asked for. */
  readonly lines?: readonly DiffLine[] | undefined;
}

/** What is kept of an entry. Nothing of it holds on to the chunk that it was read from. */
interface Entry extends Omit<TarHeader, 'path' | 'target'> {
  readonly target: ByteString;
  readonly digest: Digest | undefined;
}

type Entries = ReadonlyMap<ByteString, Entry>;

export interface CompareOptions {
  /** Whether to tell what changed in small texts. */
  readonly texts?: boolean | undefined;
}

/**
 * What differs between the layers of two images, entry by entry, sorted by layer and path. Layers of equal diff IDs
 * are not read; those that one image lacks are taken for empty.
 * @throws HoldfastError TAR_*, LAYER_* (exit 4) for layers that cannot be read
 */
export async function compareLayers(
  a: readonly LayerSource[],
  b: readonly LayerSource[],
  { texts = false }: CompareOptions = {},
): Promise<LayerDifference[]> {
  const differences: LayerDifference[] = [];
  const left = { lines: texts ? mostLines : 0 };
  for (const { from, to } of layerPairs(a, b)) {
    const [before, after] = [from === undefined ? undefined : a[from], to === undefined ? undefined : b[to]];
    if (before?.diffId === after?.diffId) continue;
    const place = { layer: to ?? from ?? 0, gone: to === undefined };
    for (const one of await compareLayer(before, after, left)) differences.push({ ...place, ...one });
  }
  return differences;
}

/** Of all texts together. */
const mostLines = 20_000;

async function compareLayer(
  a: LayerSource | undefined,
  b: LayerSource | undefined,
  left: { lines: number },
): Promise<Omit<LayerDifference, 'layer' | 'gone'>[]> {
  const isPair = a !== undefined && b !== undefined;
  const [before, after] = await Promise.all([entriesOf(a, isPair), entriesOf(b, isPair)]);
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted(byBytes);
  const found = paths.flatMap(path =>
    kindsOf(before.get(path), after.get(path)).map(kind => ({ path, kind })),
  );
  if (found.length === 0) return isPair ? [{ path: '.', kind: 'archive', cause: 'order' }] : [];
  const differing = new Set(found.flatMap(({ path, kind }) => (kind === 'content' ? [path] : [])));
  const contents = await Promise.all([contentsOf(a, differing), contentsOf(b, differing)]);
  return found.map(({ path, kind }) => {
    const [x, y] = [contents[0].get(path), contents[1].get(path)];
    const lines = kind === 'content' && left.lines > 0 ? changedText(x, y) : undefined;
    left.lines -= lines?.length ?? 0;
    return {
      path: shown(path),
      kind,
      cause: causeOf(path, kind, x, y),
      ...sizes(before.get(path), after.get(path)),
      ...(lines && { lines }),
    };
  });
}

function sizes(a: Entry | undefined, b: Entry | undefined) {
  const sizeOf = ({ type, size }: Entry) => (type === 'file' ? size : undefined);
  const [from, to] = [a && sizeOf(a), b && sizeOf(b)];
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function causeOf(path: ByteString, kind: DifferenceKind, a?: Buffer, b?: Buffer): LikelyCause {
  if (kind === 'mtime') return 'clock';
  return likelyCause(shown(path), a, b);
}

/** Longer texts are not read in a report. */
const largestText = 64 * 1024;

function changedText(a: Buffer | undefined, b: Buffer | undefined): DiffLine[] | undefined {
  if (a === undefined || b === undefined || Math.max(a.length, b.length) > largestText) return undefined;
  const [before, after] = [textOf(a), textOf(b)];
  return before === undefined || after === undefined ? undefined : differingLines(before, after);
}

function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

/** What is in a layer; digests only where there is something to hold them against. */
async function entriesOf(source: LayerSource | undefined, isPair: boolean): Promise<Entries> {
  const entries = new Map<ByteString, Entry>();
  if (source === undefined) return entries;
  for await (const entry of readTar(decompress(source.open()))) {
    const { path, target, body, xattrs, ...facts } = entry;
    entries.set(pathInLayer(path), {
      ...facts,
      target: byteString(target),
      xattrs: new Map([...xattrs].map(([name, value]) => [name, Buffer.from(value)])),
      digest: isPair ? await digestOf(body) : undefined,
    });
  }
  return entries;
}

async function digestOf(body: AsyncIterable<Uint8Array>): Promise<Digest> {
  const digester = new Digester();
  for await (const chunk of body) digester.update(chunk);
  return digester.digest();
}

/** Of a layer's entry: `./etc/` and `etc` are one path, and the root is `.`. */
export function pathInLayer(path: Buffer): ByteString {
  const names = byteString(path)
    .split('/')
    .filter(name => name !== '' && name !== '.');
  return names.join('/') || '.';
}

function kindsOf(x: Entry | undefined, y: Entry | undefined): DifferenceKind[] {
  if (x === undefined) return ['added'];
  if (y === undefined) return ['removed'];
  if (x.type !== y.type) return ['type'];
  const checks: readonly (readonly [DifferenceKind, boolean])[] = [
    ['content', x.digest === y.digest && x.target === y.target && sameDevice(x, y)],
    ['mode', x.mode === y.mode],
    ['owner', x.uid === y.uid && x.gid === y.gid],
    ['mtime', x.mtime === y.mtime],
    ['xattr', sameAttributes(x, y)],
  ];
  return checks.flatMap(([kind, isSame]) => (isSame ? [] : [kind]));
}

function sameDevice({ device: a }: Entry, { device: b }: Entry): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}

function sameAttributes({ xattrs: a }: Entry, { xattrs: b }: Entry): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name)?.equals(value) === true);
}

/** Enough to tell a cause; what is larger is judged by its name. */
const largestContent = 1024 * 1024;
const largestTotal = 64 * 1024 * 1024;

/** The small files among those that are named. A layer has a path once, so that it is not read past the last of them. */
async function contentsOf(
  source: LayerSource | undefined,
  paths: ReadonlySet<ByteString>,
): Promise<ReadonlyMap<ByteString, Buffer>> {
  const contents = new Map<ByteString, Buffer>();
  if (source === undefined || paths.size === 0) return contents;
  const wanted = new Set(paths);
  let total = 0;
  for await (const { path, type, size, body } of readTar(decompress(source.open()))) {
    const name = pathInLayer(path);
    if (!wanted.delete(name)) continue;
    if (type === 'file' && size <= largestContent && total + size <= largestTotal) {
      contents.set(name, await buffer(body));
      total += size;
    }
    if (wanted.size === 0) break;
  }
  return contents;
}
