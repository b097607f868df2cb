import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { tarOf, type TarFile } from '../../testkit/tar.ts';

/** By path: text, or more about it. A path that ends in a slash is a directory. */
export type ArchiveFiles = Readonly<Record<string, string | ArchiveFile>>;

export interface ArchiveFile {
  readonly text?: string;
  readonly mode?: number;
  /** User and group. */
  readonly owner?: readonly [number, number];
  readonly link?: string;
  readonly hardLink?: string;
  readonly fifo?: boolean;
  readonly mtime?: number;
  /** The value of the extended attribute `user.a`. */
  readonly xattr?: string;
  /** The value of `security.capability`, in hexadecimal. */
  readonly capability?: string;
  /** Makes it a global header with this comment and nothing else, as git writes them. */
  readonly globalComment?: string;
}

export type Compression = 'gzip' | 'bzip2' | 'xz' | 'zstd';

export function archiveBytes(files: ArchiveFiles, compression?: Compression): Buffer {
  const tar = tarOf(Object.entries(files).flatMap(([path, file]) => entries(path, file)));
  if (compression === undefined) return tar;
  if (compression === 'gzip') return gzipSync(tar);
  return execFileSync(compression, ['-c'], { input: tar });
}

function entries(path: string, file: string | ArchiveFile): TarFile[] {
  const facts = typeof file === 'string' ? { text: file } : file;
  const { text = '', mode, owner, link, hardLink, fifo, mtime, xattr } = facts;
  const isDirectory = path.endsWith('/');
  const common = {
    path,
    mode: mode ?? (isDirectory ? 0o755 : 0o644),
    mtime: mtime ?? 1_500_000_000,
    ...(owner && { owner }),
  };
  if (facts.globalComment !== undefined) return [paxHeader('comment', facts.globalComment, 'g')];
  const pax = [
    ...(facts.capability === undefined
      ? []
      : [paxHeader('SCHILY.xattr.security.capability', Buffer.from(facts.capability, 'hex'))]),
    ...(xattr === undefined ? [] : [paxHeader('SCHILY.xattr.user.a', xattr)]),
  ];
  if (isDirectory) return [...pax, { ...common, type: '5' }];
  if (link !== undefined) return [...pax, { ...common, type: '2', link, mode: 0o777 }];
  if (hardLink !== undefined) return [...pax, { ...common, type: '1', link: hardLink }];
  if (fifo === true) return [...pax, { ...common, type: '6' }];
  return [...pax, { ...common, content: Buffer.from(text) }];
}

/** POSIX.1-2001: `LENGTH KEY=VALUE`, the length counting itself. */
function paxHeader(key: string, value: string | Buffer, type: 'x' | 'g' = 'x'): TarFile {
  const record = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  const length = [1, 2, 3]
    .map(digits => record.length + digits)
    .find((total, n) => String(total).length === n + 1);
  return { path: 'pax', type, content: Buffer.concat([Buffer.from(String(length)), record]) };
}
