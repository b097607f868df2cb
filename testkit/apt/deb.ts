import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tarOf, type TarFile } from '../tar.ts';
import { storedXz } from './xz.ts';

export type ScriptName = 'preinst' | 'postinst' | 'prerm' | 'postrm';

export interface PackageSpec {
  readonly name: string;
  readonly version: string;
  /** Default: `all`. */
  readonly architecture?: string;
  /** Further control fields: `Depends`, `Provides`, `Essential`, `Priority`, `Multi-Arch`, … */
  readonly fields?: Readonly<Record<string, string>>;
  /** By absolute path; a mode other than 0644 is given with the content. */
  readonly files?: Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>;
  /** Maintainer scripts with their `#!` line. */
  readonly scripts?: Readonly<Partial<Record<ScriptName, string>>>;
  /** Of both inner archives. Default: xz, as dpkg-deb makes them. */
  readonly compression?: 'none' | 'gz' | 'xz' | 'zst';
}

export interface BuiltPackage {
  /** The control file; it ends with a newline. */
  readonly control: string;
  readonly bytes: Buffer;
}

/** A binary package (deb(5)), the same bytes for the same arguments. @param date the modification time of all in it */
export function buildDeb(spec: PackageSpec, date: Date): BuiltPackage {
  const mtime = Math.floor(date.getTime() / 1000);
  const control = controlFile(spec);
  const scripts = Object.entries(spec.scripts ?? {}).map(([name, content]) => entry(name, content, 0o755));
  const dated = (files: readonly TarFile[]): Buffer => tarOf(files.map(file => ({ ...file, mtime })));
  const controlTar = dated([directory(''), entry('control', control, 0o644), ...scripts]);
  const dataTar = dated(dataEntries(spec));
  const ending = spec.compression === 'none' ? '' : `.${spec.compression ?? 'xz'}`;
  const bytes = ar(
    [
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: `control.tar${ending}`, content: compress(controlTar, spec) },
      { name: `data.tar${ending}`, content: compress(dataTar, spec) },
    ],
    mtime,
  );
  return { control, bytes };
}

function controlFile(spec: PackageSpec): string {
  const fields: Record<string, string> = {
    Package: spec.name,
    Version: spec.version,
    Architecture: spec.architecture ?? 'all',
    Maintainer: 'Nobody <nobody@example.org>',
    Priority: 'optional',
    Section: 'misc',
    ...spec.fields,
    Description: spec.fields?.['Description'] ?? `${spec.name} for tests`,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

function compress(bytes: Buffer, { compression = 'xz' }: PackageSpec): Buffer {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gz':
      return gzipSync(bytes);
    case 'xz':
      return storedXz(bytes);
    case 'zst':
      return zstdCompressSync(bytes);
  }
}

function entry(path: string, content: string, mode: number): TarFile {
  return { path: `./${path}`, mode, content: Buffer.from(content) };
}

function directory(path: string): TarFile {
  return { path: `./${path}`, mode: 0o755, type: '5' };
}

/** The files in order, each after the directories that lead to it. */
function dataEntries(spec: PackageSpec): TarFile[] {
  const documentation = { [`/usr/share/doc/${spec.name}/about`]: `${spec.name} ${spec.version}\n` };
  const entries = new Map<string, TarFile>([['', directory('')]]);
  for (const [path, file] of Object.entries({ ...documentation, ...spec.files })) {
    const parts = path.replace(/^\/+/, '').split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = `${parts.slice(0, depth).join('/')}/`;
      entries.set(parent, directory(parent));
    }
    const { content, mode } = typeof file === 'string' ? { content: file, mode: 0o644 } : file;
    entries.set(parts.join('/'), entry(parts.join('/'), content, mode));
  }
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function ar(members: readonly { readonly name: string; readonly content: Buffer }[], mtime: number): Buffer {
  const parts = members.flatMap(({ name, content }) => {
    const header = `${name.padEnd(16)}${String(mtime).padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
    return [
      Buffer.from(`${header}${String(content.byteLength).padEnd(10)}\`\n`),
      content,
      Buffer.from(content.byteLength % 2 === 1 ? '\n' : ''),
    ];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
