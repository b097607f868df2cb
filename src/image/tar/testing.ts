import { entryBytes, readTar } from './reader.ts';
import type { TarHeader } from './header.ts';
import { writeTar, type TarFile } from './writer.ts';

/** For tests: a header with what a test does not care about filled in. */
export function tarHeader(path: string | Buffer, fields: Partial<Omit<TarHeader, 'path'>> = {}): TarHeader {
  return {
    type: 'file',
    target: Buffer.alloc(0),
    mode: fields.type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 1_700_000_000,
    device: fields.type === 'char' || fields.type === 'block' ? { major: 1, minor: 3 } : undefined,
    xattrs: new Map(),
    ...fields,
    path: Buffer.from(path),
  };
}

export function tarFile(
  path: string | Buffer,
  content: string | Buffer = '',
  fields: Partial<Omit<TarHeader, 'path'>> = {},
): TarFile {
  const body = Buffer.from(content);
  return { header: tarHeader(path, { size: body.length, ...fields }), body: [body] };
}

export function tarNode(
  type: TarHeader['type'],
  path: string | Buffer,
  fields: Partial<Omit<TarHeader, 'path' | 'type' | 'target'>> & { target?: string | Buffer } = {},
): TarFile {
  return { header: tarHeader(path, { ...fields, type, target: Buffer.from(fields.target ?? '') }) };
}

export async function tarBytes(entries: Iterable<TarFile>): Promise<Buffer> {
  return collect(writeTar(entries));
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `bytes` as a stream of chunks of `size` bytes. */
export async function* inChunks(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function tarEntries(
  archive: Buffer,
  chunk?: number,
): Promise<{ header: TarHeader; content: Buffer }[]> {
  const entries: { header: TarHeader; content: Buffer }[] = [];
  for await (const entry of readTar(inChunks(archive, chunk))) {
    const { body, ...header } = entry;
    void body;
    entries.push({ header, content: Buffer.from(await entryBytes(entry, 2 ** 24)) });
  }
  return entries;
}
