import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mostBytes = 256 * 1024 * 1024;

/** Every text that a file ever had in any branch or tag of its git repository; none where it is in no repository. */
export async function historyOf(file: string): Promise<string[]> {
  const cwd = dirname(file);
  const git = async (...args: string[]) =>
    (await run('git', ['-C', cwd, ...args], { maxBuffer: mostBytes })).stdout;
  let log: string;
  try {
    log = await git('log', '--all', '--raw', '--no-abbrev', '--format=', '--', `./${basename(file)}`);
  } catch {
    return [];
  }
  // `:100644 100644 OLD NEW M<tab>PATH`
  const blobs = new Set(
    log.split('\n').flatMap(line => /^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) /.exec(line)?.slice(1, 3) ?? []),
  );
  const texts: string[] = [];
  for (const blob of blobs) if (!/^0+$/.test(blob)) texts.push(await git('cat-file', 'blob', blob));
  return texts;
}
