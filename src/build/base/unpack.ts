import { readDeb } from '../../kinds/apt/index.ts';
import { readTar, writeTar, type TarFile, type TarHeader } from '../../image/index.ts';

/**
 * Directories that are links into /usr since Debian 12 (merged-/usr). Packages of that release still ship files
 * under the old names, so the links must be there before them, and the files go where the links point.
 */
const merged = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

type Packages = AsyncIterable<{ readonly name: string; readonly bytes: Uint8Array }>;

/** The files of packages as one archive, in their order: what dpkg cannot unpack at first, being in one of them. */
export function unpackedPackages(packages: Packages): AsyncGenerator<Buffer> {
  return writeTar(packageFiles(packages));
}

async function* packageFiles(packages: Packages): AsyncGenerator<TarFile> {
  const seen = new Set<string>();
  const links = new Set<string>();
  for (const name of ['usr', ...merged.map(link => `usr/${link}`)]) {
    seen.add(name);
    yield { header: entry(name, 'directory', 0o755) };
  }
  for await (const { name, bytes } of packages) {
    const { dataTar } = await readDeb(bytes, name);
    for await (const file of readTar(dataTar)) {
      const path = mergedPath(file.path.toString('latin1'));
      if (path === '' || merged.includes(path) || (file.type === 'directory' && seen.has(path))) continue;
      seen.add(path);
      const top = path.split('/', 2)[1];
      if (path.startsWith('usr/') && top !== undefined && merged.includes(top)) links.add(top);
      const { body, ...header } = file;
      const target =
        file.type === 'link'
          ? Buffer.from(mergedPath(file.target.toString('latin1')), 'latin1')
          : file.target;
      yield { header: { ...header, path: Buffer.from(path, 'latin1'), target }, body };
    }
  }
  for (const link of [...links].toSorted()) {
    yield { header: { ...entry(link, 'symlink', 0o777), target: Buffer.from(`usr/${link}`) } };
  }
}

/** `./bin/sh` as `usr/bin/sh`. */
function mergedPath(path: string): string {
  const clean = path.replace(/^\.?\/+/, '').replace(/\/+$/, '');
  if (clean === '.') return '';
  const [top = '', ...rest] = clean.split('/');
  return merged.includes(top) && rest.length > 0 ? `usr/${clean}` : clean;
}

function entry(path: string, type: TarHeader['type'], mode: number): TarHeader {
  const none = Buffer.alloc(0);
  return {
    path: Buffer.from(path),
    type,
    mode,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    target: none,
    xattrs: new Map(),
  };
}
