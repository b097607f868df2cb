import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
} from 'node:fs';
import { lutimesSync, mkdirSync, openSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';
import { joined, nameOf, parentOf, shown, within, type ByteString } from '../filesystem/byte-string.ts';
import { SpecialNodes } from '../filesystem/nodes.ts';
import { isOverlayXattr, opaqueXattr, writeXattrs, type Xattrs } from '../filesystem/xattrs.ts';
import type { TarEntry, TarHeader } from '../tar/index.ts';
import { layerPath, markerOf, unsafe } from './layer-path.ts';

export interface SkippedEntry {
  readonly path: string;
  readonly reason: string;
}

type Metadata = Pick<TarHeader, 'mode' | 'uid' | 'gid' | 'mtime'>;

/** Of directories that the archive does not name, only what they hold. */
const implied: Metadata = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
/** Attributes wait for one child to set them all; past this many bytes it is started before the end. */
const mostPendingXattrBytes = 4 * 1024 * 1024;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes a layer's entries into a directory that was empty and that nobody else writes to. It never follows a
 * symbolic link: a path's parents must be directories made here, and files are made anew. Directories get their mode
 * and times in `finish`, when nothing more goes into them.
 */
export class LayerDirectory {
  readonly #at: (path: ByteString) => Buffer;
  readonly #root: string;
  readonly #opaqueXattr: string;
  readonly #nodes: SpecialNodes;
  readonly #directories = new Map<ByteString, Metadata>([['', implied]]);
  readonly #whiteouts = new Set<ByteString>();
  /** What is there and is neither directory nor whiteout. */
  readonly #files = new Set<ByteString>();
  readonly #xattrs = new Map<ByteString, Map<string, Buffer>>();
  #pendingXattrBytes = 0;
  readonly skipped: SkippedEntry[] = [];
  /** Directories that hold something and have no entry of their own. */
  readonly implied = new Set<ByteString>();
  readonly #whiteoutsMean: boolean;

  /** @param whiteouts whether names that begin with `.wh.` have a meaning; otherwise they are refused. */
  constructor(root: string, userxattr: boolean, whiteouts: boolean) {
    this.#whiteoutsMean = whiteouts;
    this.#root = root;
    this.#at = within(root);
    this.#opaqueXattr = opaqueXattr(userxattr);
    this.#nodes = new SpecialNodes(root);
  }

  async add(entry: TarEntry): Promise<void> {
    const names = layerPath(entry.path);
    const path = names.join('/');
    if (!this.#whiteoutsMean && names.some(name => name.startsWith('.wh.')))
      throw unsafe(entry.path, 'has a name that no layer can hold');
    for (const [index, name] of names.entries()) {
      if (index < names.length - 1 && name.startsWith('.wh.')) {
        if (name.startsWith('.wh..wh.')) return this.#skip(path, 'AUFS metadata');
        throw unsafe(entry.path, 'is below a whiteout');
      }
    }
    const marker = markerOf(nameOf(path), entry.path);
    if (marker.kind === 'aufs') return this.#skip(path, 'AUFS metadata');
    this.#ensureParents(names, entry.path);
    switch (marker.kind) {
      case 'whiteout':
        return this.#addWhiteout(joined(parentOf(path), marker.name));
      case 'opaque':
        return this.#setXattr(parentOf(path), this.#opaqueXattr, Buffer.from('y'));
      case 'entry':
        await this.#addEntry(path, entry);
        if (this.#pendingXattrBytes > mostPendingXattrBytes) await this.#flushXattrs();
    }
  }

  /** Sets the attributes, then modes and times of directories. */
  async finish(): Promise<void> {
    // From the leaves up: a directory's own mode may shut what it holds.
    const directories = [...this.#directories].toReversed();
    for (const [path, { uid, gid, mode }] of directories) {
      lchownSync(this.#at(path), uid, gid);
      chmodSync(this.#at(path), mode);
    }
    await this.#flushXattrs();
    this.close();
    for (const [path, { mtime }] of directories) this.#setTime(path, mtime);
  }

  close(): void {
    this.#nodes.close();
  }

  /** Parents that the archive does not name are made; any that is not a directory is refused. */
  #ensureParents(names: readonly ByteString[], entry: Buffer): void {
    if (this.#directories.has(names.slice(0, -1).join('/'))) return;
    let path = '';
    for (const name of names.slice(0, -1)) {
      path = joined(path, name);
      if (this.#directories.has(path)) continue;
      if (this.#files.has(path)) {
        throw unsafe(entry, `goes through "${shown(path)}", which is not a directory`);
      }
      this.#makeDirectory(path, implied);
      this.implied.add(path);
    }
  }

  async #addEntry(path: ByteString, entry: TarEntry): Promise<void> {
    if (entry.type === 'directory') {
      if (!this.#directories.has(path)) this.#makeDirectory(path, entry);
      this.#directories.set(path, metadataOf(entry));
      this.implied.delete(path);
    } else {
      if (this.#directories.has(path)) throw unsafe(entry.path, 'replaces a directory of the same layer');
      // Every other kind is made anew; link sources are looked up before the old name goes.
      const source = entry.type === 'link' ? this.#linkSource(path, entry) : undefined;
      this.#removeOld(path);
      if (source !== undefined) linkSync(this.#at(source), this.#at(path));
      else if (!(await this.#make(path, entry))) return;
      this.#files.add(path);
      if (source !== undefined) return;
    }
    for (const [name, value] of entry.xattrs) {
      if (isOverlayXattr(name)) this.#skip(path, `attribute ${name} is overlayfs' own`);
      else this.#setXattr(path, name, value);
    }
  }

  /** A directory over a whiteout hides what the layers below have there: it is opaque. */
  #makeDirectory(path: ByteString, metadata: Metadata): void {
    const hides = this.#whiteouts.has(path);
    this.#removeOld(path);
    // The mode at last, so that a directory without write permission can be filled.
    mkdirSync(this.#at(path), 0o700);
    this.#directories.set(path, metadataOf(metadata));
    if (hides) this.#setXattr(path, this.#opaqueXattr, Buffer.from('y'));
  }

  #addWhiteout(path: ByteString): void {
    // Whiteouts speak of the layers below, whatever the order of entries (OCI image-spec, layer.md).
    if (this.#directories.has(path)) return this.#setXattr(path, this.#opaqueXattr, Buffer.from('y'));
    if (this.#files.has(path) || this.#whiteouts.has(path)) return;
    this.#nodes.whiteout(this.#at(path));
    this.#whiteouts.add(path);
  }

  /** Makes room for an entry that the archive names once more. Asking the disk for each would cost as much as writing. */
  #removeOld(path: ByteString): void {
    if (this.#files.delete(path) || this.#whiteouts.delete(path)) unlinkSync(this.#at(path));
    this.#xattrs.delete(path);
  }

  #linkSource(path: ByteString, entry: TarEntry): ByteString {
    const source = layerPath(entry.target, entry.path).join('/');
    if (this.#files.has(source) && source !== path) return source;
    throw unsafe(entry.path, `links to "${shown(source)}", which is no file of this layer`);
  }

  /** False where the entry was skipped. */
  async #make(path: ByteString, entry: TarEntry): Promise<boolean> {
    const at = this.#at(path);
    switch (entry.type) {
      case 'file':
        await writeFile(at, entry);
        return true;
      case 'symlink':
        symlinkSync(entry.target, at);
        break;
      case 'fifo':
        this.#nodes.fifo(at);
        break;
      case 'char':
      case 'block': {
        const device = entry.device ?? { major: 0, minor: 0 };
        // It would be taken for a whiteout.
        if (device.major === 0) throw unsafe(entry.path, `is a device 0:${device.minor}`);
        if (this.#nodes.device(at, entry.type, device)) break;
        this.#skip(path, 'devices cannot be made here');
        return false;
      }
      case 'link':
      case 'directory':
        throw new Error(`unreachable: ${entry.type}`);
    }
    lchownSync(at, entry.uid, entry.gid);
    if (entry.type !== 'symlink') chmodSync(at, entry.mode);
    this.#setTime(path, entry.mtime);
    return true;
  }

  #setTime(path: ByteString, mtime: number): void {
    // Node takes a negative time for now.
    lutimesSync(this.#at(path), Math.max(0, mtime), Math.max(0, mtime));
  }

  #setXattr(path: ByteString, name: string, value: Buffer): void {
    const xattrs = this.#xattrs.get(path) ?? new Map<string, Buffer>();
    this.#xattrs.set(path, xattrs.set(name, value));
    this.#pendingXattrBytes += path.length + name.length + value.length;
  }

  async #flushXattrs(): Promise<void> {
    const assignments = [...this.#xattrs].map(([path, xattrs]): { path: ByteString; xattrs: Xattrs } => ({
      path,
      xattrs,
    }));
    this.#xattrs.clear();
    this.#pendingXattrBytes = 0;
    for (const { path, reason } of await writeXattrs(this.#root, assignments)) {
      this.skipped.push({ path, reason: `an extended attribute: ${reason}` });
    }
  }

  #skip(path: ByteString, reason: string): void {
    this.skipped.push({ path: shown(path), reason });
  }
}

function metadataOf({ mode, uid, gid, mtime }: Metadata): Metadata {
  return { mode, uid, gid, mtime };
}

async function writeFile(path: Buffer, { body, uid, gid, mode, mtime }: TarEntry): Promise<void> {
  const file = openSync(path, newFile, 0o600);
  try {
    for await (const chunk of body) {
      for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written);
    }
    // The owner first: changing it clears setuid and file capabilities.
    fchownSync(file, uid, gid);
    fchmodSync(file, mode);
    futimesSync(file, Math.max(0, mtime), Math.max(0, mtime));
  } finally {
    closeSync(file);
  }
}
