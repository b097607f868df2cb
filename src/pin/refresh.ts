import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchLockedContext, type BuildRuntime } from '../build/index.ts';
import { analyse } from '../check/index.ts';
import { hexOf, sha256 } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import type { PinContext, WrittenFile } from './result.ts';
import { vendoredScripts } from './vendored-copies.ts';

/**
 * What the URLs of scripts give now that were put beside a Dockerfile before.
 * @param work an empty directory
 * @throws HoldfastError what fetching a context throws
 */
export async function refreshedScripts(
  { text, file, context, asOf }: { text: string; file: string; context: PinContext; asOf: string },
  runtime: BuildRuntime,
  work: string,
): Promise<WrittenFile[]> {
  const files: WrittenFile[] = [];
  for (const [n, { path, url }] of vendoredScripts(analyse(parseDockerfile(text, file)), context).entries()) {
    const room = join(work, `${n}`);
    await mkdir(room);
    // No lock lies there: it is asked for as it is now.
    const settings = { lockPath: join(room, 'none'), keepGitDir: false, asOf };
    const fetched = await fetchLockedContext(url, settings, runtime, room);
    const bytes = await readFile(fetched.path);
    const list = context.read(`${path}.downloads`)?.toString() ?? '';
    const renewed = list.replace(/(?<=^# \S+ sha256:)[0-9a-f]{64}/, hexOf(sha256(bytes)));
    files.push({ path, bytes, vendored: true });
    files.push({ path: `${path}.downloads`, bytes: Buffer.from(renewed), vendored: true });
  }
  return files;
}
