import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, usageError, type HoldfastError } from '../core/index.ts';

const largestLock = 64 * 1024 * 1024;

/**
 * A lock's text: of a file; where there is no such file, what git has under REVISION:PATH, a relative path being from here.
 * @throws HoldfastError DIFF_UNREADABLE (exit 2)
 */
export async function lockText(name: string): Promise<string> {
  try {
    return await readFile(name, 'utf8');
  } catch (error) {
    const [, revision, path] = /^([^:]+):(.+)$/.exec(name) ?? [];
    if (revision === undefined || path === undefined) throw unreadable(name, error);
    return committedText(path, revision);
  }
}

/** A file's text in a revision of its repository. @throws HoldfastError DIFF_UNREADABLE (exit 2) */
export async function committedText(path: string, revision: string): Promise<string> {
  const name = `${revision}:${path}`;
  // git would take it for an option.
  if (revision.startsWith('-')) throw unreadable(name, 'no revision begins with -');
  try {
    return await git(path, 'show', `${revision}:./${basename(path)}`);
  } catch (thrown) {
    // What git itself said comes after the command line.
    throw unreadable(name, /^fatal: (.+)$/m.exec(messageOf(thrown))?.[1] ?? thrown);
  }
}

/** The commits that changed a file, the last one first; none where it is in no repository. */
export async function commitsOf(path: string): Promise<string[]> {
  const log = await git(path, 'log', '--format=%H', '--', `./${basename(path)}`).catch(() => '');
  return log.split('\n').filter(line => line !== '');
}

async function git(path: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', dirname(path), ...args], {
    maxBuffer: largestLock,
  });
  return stdout;
}

function unreadable(name: string, cause: unknown): HoldfastError {
  return usageError('DIFF_UNREADABLE', `${name}: ${messageOf(cause).split('\n')[0] ?? ''}`, {
    next: 'Name a holdfast.lock, or REVISION:PATH of one in git.',
    cause,
  });
}
