import { gzipSync, zstdCompressSync } from 'node:zlib';
import { tarOf, type TarFile } from '../tar.ts';
import { storedXz } from './xz.ts';

export type ScriptName = 'preinst' | 'postinst' | 'prerm' | 'postrm';

export type PackageFile =
  | string
  | { readonly content: string | Buffer; readonly mode: number }
  /** The target of a symbolic link. */
  | { readonly link: string };

export interface PackageSpec {
  readonly name: string;
  readonly version: string;
  /** Default: `all`. */
  readonly architecture?: string;
  /** Further control fields: `Depends`, `Provides`, `Essential`, `Priority`, `Multi-Arch`, … */
  readonly fields?: Readonly<Record<string, string>>;
  /** By absolute path; a mode other than 0644 is given with the content. */
  readonly files?: Readonly<Record<string, PackageFile>>;
  /** Of `usr/share/doc/NAME/changelog.Debian.gz`. */
  readonly changelog?: string;
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

function entry(path: string, content: string | Buffer, mode: number): TarFile {
  return { path: `./${path}`, mode, content: Buffer.from(content) };
}

function fileEntry(path: string, file: PackageFile): TarFile {
  if (typeof file === 'string') return entry(path, file, 0o644);
  if ('link' in file) return { path: `./${path}`, type: '2', link: file.link, mode: 0o777 };
  return entry(path, file.content, file.mode);
}

function directory(path: string): TarFile {
  return { path: `./${path}`, mode: 0o755, type: '5' };
}

/** The files in order, each after the directories that lead to it. */
function dataEntries(spec: PackageSpec): TarFile[] {
  const folder = `/usr/share/doc/${spec.name}`;
  const documentation: Record<string, PackageFile> = {
    [`${folder}/about`]: `${spec.name} ${spec.version}\n`,
    ...(spec.changelog !== undefined && {
      [`${folder}/changelog.Debian.gz`]: { content: gzipSync(spec.changelog), mode: 0o644 },
    }),
  };
  // A link in place of the folder leads to another package's.
  if (spec.files?.[folder] !== undefined) delete documentation[`${folder}/about`];
  const entries = new Map<string, TarFile>([['', directory('')]]);
  for (const [path, file] of Object.entries({ ...documentation, ...spec.files })) {
    const parts = path.replace(/^\/+/, '').split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = `${parts.slice(0, depth).join('/')}/`;
      entries.set(parent, directory(parent));
    }
    entries.set(parts.join('/'), fileEntry(parts.join('/'), file));
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
