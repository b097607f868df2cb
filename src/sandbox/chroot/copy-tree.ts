import { usageError } from '../../core/index.ts';
import { bytesOf, type ByteString } from '../../image/index.ts';
import { runTool } from '../run-tool.ts';
import { findTools } from '../tools.ts';

/**
 * Each name becomes a file of its own, as it does in an overlay once it is written to: a change through one name would
 * else show under the others, and the layer be another one than in other sandboxes.
 */
const copying = ['-a', '--no-preserve=links', '--reflink=auto'];

/** Copies a tree with owners, modes, times, attributes and devices. @throws HoldfastError SANDBOX_COPY_FAILED (exit 2) */
export async function copyTree(from: string, to: string): Promise<void> {
  const { cp } = findTools(['cp']);
  const { ok, complaint } = await runTool(cp, [...copying, '-T', '--', from, to]);
  if (!ok) throw copyError(complaint);
}

/** Copies files, none of them a directory, to the same paths below another directory, which has their parents. */
export async function copyFiles(from: string, to: string, paths: readonly ByteString[]): Promise<void> {
  if (paths.length === 0) return;
  const { cp, xargs } = findTools(['cp', 'xargs']);
  const list = Buffer.concat(paths.map(path => bytesOf(`./${path}\0`)));
  const command = ['-0', cp, ...copying, '--parents', '-t', to, '--'];
  const { ok, complaint } = await runTool(xargs, command, { cwd: from, input: list });
  if (!ok) throw copyError(complaint);
}

function copyError(complaint: string): Error {
  return usageError('SANDBOX_COPY_FAILED', `cannot copy the files of a step: ${complaint.slice(0, 300)}`, {
    next: 'See that there is room in the directory of the cache; name another one with --cache-dir.',
  });
}
