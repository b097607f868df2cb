import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../core/index.ts';
import { byBytes, byteString, joined, within, type ByteString } from './byte-string.ts';
import { readTreeXattrs } from './xattrs.ts';

/** For tests: owners, devices and `trusted.*` attributes need root; says so once where they are left out. */
export function canBeRoot(what: string): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write(`${what}: skipped, needs root\n`);
  return isRoot;
}

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-image-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** One line for each file below `root`, everything that a layer can hold; hard links name their first path. */
export async function snapshot(root: string): Promise<Record<string, string>> {
  const xattrs = await readTreeXattrs(root);
  const locate = within(root);
  const first = new Map<bigint, string>();
  const lines: Record<string, string> = {};
  const walk = (directory: ByteString) => {
    const names = readdirSync(locate(directory), { encoding: 'buffer' }).map(byteString);
    return names
      .map(name => joined(directory, name))
      .flatMap((path): ByteString[] => {
        return [path, ...(lstatSync(locate(path)).isDirectory() ? walk(path) : [])];
      });
  };
  for (const path of walk('').toSorted(byBytes)) {
    const at = locate(path);
    const stat = lstatSync(at, { bigint: true });
    if (stat.isCharacterDevice() && stat.rdev === 0n) {
      lines[path] = 'whiteout';
      continue;
    }
    const same = stat.nlink > 1n && !stat.isDirectory() ? first.get(stat.ino) : undefined;
    if (!first.has(stat.ino)) first.set(stat.ino, path);
    const content = stat.isFile()
      ? sha256(readFileSync(at)).slice(7, 19)
      : stat.isSymbolicLink()
        ? readlinkSync(at, 'latin1')
        : stat.isDirectory()
          ? ''
          : String(stat.rdev);
    const attributes = [...(xattrs.get(path) ?? [])].map(
      ([name, value]) => `${name}=${value.toString('hex')}`,
    );
    lines[path] = [
      stat.mode.toString(8),
      `${stat.uid}:${stat.gid}`,
      `${stat.mtimeNs}`,
      content,
      ...attributes.toSorted(),
      ...(same === undefined ? [] : [`= ${same}`]),
    ].join(' ');
  }
  return lines;
}
