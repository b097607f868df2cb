import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { errnoOf, lazy, usageError } from '../core/index.ts';
import type { Environment } from './dispatchers.ts';

/** execvp(3) answers EACCES where a directory of PATH may not be searched. */
const notFound = ['ENOENT', 'EACCES'];

export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

const answerSchema = lazy(() => z.object({ Username: z.string(), Secret: z.string() }));

/**
 * Asks `docker-credential-NAME get` for a server's credentials: the protocol of docker-credential-helpers, the
 * server on stdin, JSON on stdout. Nothing where the helper knows none.
 * @throws HoldfastError CREDENTIAL_HELPER_FAILED (exit 2); what the helper printed is never shown
 */
export async function askHelper(
  name: string,
  server: string,
  from: { readonly env: Environment; readonly file: string },
): Promise<HelperAnswer | undefined> {
  const program = `docker-credential-${name}`;
  const failed = (why: string) =>
    usageError('CREDENTIAL_HELPER_FAILED', `${program}, which ${from.file} names, ${why}`, {
      next: `Install or repair ${program}, or take it out of ${from.file}.`,
    });
  if (!/^[\w.-]+$/.test(name)) throw failed('is not the name of a helper');
  const { code, output } = await run(program, server, from.env).catch((error: unknown) => {
    throw failed(notFound.includes(errnoOf(error) ?? '') ? 'is not installed' : 'cannot be run');
  });
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw failed(`failed with status ${code ?? 'of a signal'}`);
  }
  try {
    const { Username: username, Secret: secret } = answerSchema().parse(JSON.parse(output));
    return username === '' && secret === '' ? undefined : { username, secret };
  } catch {
    throw failed('did not answer with JSON');
  }
}

async function run(program: string, input: string, env: Environment) {
  const child = spawn(program, ['get'], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // A helper that exits without reading its input is judged by its status.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code, output] = await Promise.all([exited, text(child.stdout)]);
  return { code, output };
}
