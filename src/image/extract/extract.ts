import { readdirSync } from 'node:fs';
import { Digester, errnoOf, HoldfastError, messageOf, usageError, type Digest } from '../../core/index.ts';
import { decompress } from '../decompress.ts';
import { readTar, shownPath, tarError } from '../tar/index.ts';
import { LayerDirectory, type SkippedEntry } from './layer-directory.ts';

export interface ExtractOptions {
  /** The layer's blob: tar, plain or compressed with gzip or zstd. */
  readonly source: AsyncIterable<Uint8Array>;
  /** An empty directory. After a failure it holds a part of the layer: remove it. */
  readonly directory: string;
  /** Whether overlayfs will be mounted with `userxattr`: where the mark of opaque directories goes. */
  readonly userxattr: boolean;
  readonly limits?: LayerLimits | undefined;
  /** False for an archive that is no layer: it can remove nothing. True unless given. */
  readonly whiteouts?: boolean | undefined;
}

export interface LayerLimits {
  /** Bytes of the uncompressed archive; 64 GiB unless given. */
  readonly bytes?: number | undefined;
  /** 10 million unless given. */
  readonly entries?: number | undefined;
}

export interface ExtractedLayer {
  /** Digest of the uncompressed archive, padding included (OCI image-spec config.md, "Layer DiffID"). */
  readonly diffId: Digest;
  readonly entries: number;
  /** What this process may not make: devices and some attributes within a user namespace. */
  readonly skipped: readonly SkippedEntry[];
  /** Directories that the archive does not name but puts something into, one character a byte. */
  readonly implied: ReadonlySet<string>;
}

/**
 * Extracts one layer into a directory of its own, in the form that overlayfs stacks: a whiteout is a character device
 * 0:0, an opaque directory carries an attribute. Owners, modes, times, attributes and hard links are kept. Nothing is
 * written outside the directory, whatever the archive says.
 * @throws HoldfastError (exit 4) TAR_UNSAFE naming the entry, TAR_* of `readTar`, LAYER_* of `decompress`;
 *   (exit 2) LAYER_EXTRACT_FAILED where the system refuses, IMAGE_TOOL_MISSING
 */
export async function extractLayer(options: ExtractOptions): Promise<ExtractedLayer> {
  const { source, directory, userxattr, limits, whiteouts = true } = options;
  if (readdirSync(directory).length > 0) throw new Error(`${directory} is not empty`);
  const digester = new Digester();
  const layer = new LayerDirectory(directory, userxattr, whiteouts);
  let entries = 0;
  let current: Buffer = Buffer.alloc(0);
  try {
    const archive = digested(decompress(source, limits?.bytes), digester);
    for await (const entry of readTar(archive, { entries: limits?.entries })) {
      entries++;
      current = entry.path;
      await layer.add(entry);
    }
    await layer.finish();
  } catch (error) {
    throw explained(error, current);
  } finally {
    layer.close();
  }
  return { diffId: digester.digest(), entries, skipped: layer.skipped, implied: layer.implied };
}

async function* digested(source: AsyncIterable<Buffer>, digester: Digester): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    digester.update(chunk);
    yield chunk;
  }
}

function explained(error: unknown, path: Buffer): unknown {
  const errno = errnoOf(error);
  const isSystemError = typeof error === 'object' && error !== null && 'syscall' in error;
  if (error instanceof HoldfastError || errno === undefined || !isSystemError) return error;
  if (errno === 'ENAMETOOLONG')
    return tarError('TAR_UNSAFE', `Layer entry ${shownPath(path)} has too long a name`);
  const next =
    errno === 'EINVAL' || errno === 'EPERM'
      ? 'Run as root, or give your user more subordinate ids in /etc/subuid and /etc/subgid.'
      : 'Make room on the disk that holds the layers, or use another directory.';
  return usageError('LAYER_EXTRACT_FAILED', `Layer entry ${shownPath(path)}: ${messageOf(error)}`, {
    next,
    cause: error,
  });
}
