import { execFileSync } from 'node:child_process';
import { chmod, chown, lutimes, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { archiveBytes } from './archive.ts';
import type { Case, ContextFile } from './case.ts';

export interface WrittenCase {
  readonly context: string;
  readonly dockerfile: string;
}

/** What all files of a context are dated, in seconds since 1970. */
const contextDate = 1_485_449_953;

/** Writes a case's files below a directory. */
export async function writeCase(one: Case, directory: string): Promise<WrittenCase> {
  const context = join(directory, 'context');
  await mkdir(context, { recursive: true });
  for (const [path, file] of Object.entries(one.files ?? {})) await writeOne(join(context, path), file);
  const dockerfile =
    one.dockerfilePath === undefined ? join(directory, 'Dockerfile') : join(context, one.dockerfilePath);
  await mkdir(dirname(dockerfile), { recursive: true });
  await writeFile(dockerfile, one.dockerfile);
  await date(context);
  return { context, dockerfile };
}

async function writeOne(path: string, file: ContextFile): Promise<void> {
  await mkdir(path.endsWith('/') ? path : dirname(path), { recursive: true });
  if (path.endsWith('/')) return;
  if (typeof file === 'string') return writeFile(path, file);
  if ('link' in file) return symlink(file.link, path);
  if ('socket' in file) return leaveSocket(path);
  if ('archive' in file) return writeFile(path, archiveBytes(file.archive, file.compression));
  await writeFile(path, file.text);
  if (file.owner !== undefined) await chown(path, file.owner, file.owner);
  if (file.mode !== undefined) await chmod(path, file.mode);
  if (file.xattrs !== undefined) execFileSync('setfattr', ['-n', 'user.a', '-v', file.xattrs, path]);
}

/** A socket as one that was not closed leaves it. Its path must be short (unix(7)), so it is made beside and moved. */
function leaveSocket(path: string): void {
  execFileSync('perl', [
    '-MSocket',
    '-e',
    'socket S, PF_UNIX, SOCK_STREAM, 0; chdir $ARGV[0]; bind S, pack_sockaddr_un("s") or die; rename "s", $ARGV[1] or die',
    dirname(path),
    path,
  ]);
}

async function date(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) await date(below);
    await lutimes(below, contextDate, contextDate);
  }
}
