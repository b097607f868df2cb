import { spawn } from 'node:child_process';
import { errnoOf, usageError } from '../../core/index.ts';

export interface ToolResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Runs one of the system's tools with `input` on its stdin, messages in English.
 * @throws HoldfastError IMAGE_TOOL_MISSING (exit 2)
 */
export async function runTool(
  command: string,
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
): Promise<ToolResult> {
  const child = spawn(command, args, { stdio: 'pipe', env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A child that fails before it reads its input says why by its status.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', error => reject(errnoOf(error) === 'ENOENT' ? toolMissing(command) : error));
    child.on('close', code =>
      resolve({
        status: code ?? 255,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    );
  });
}

const packages: Readonly<Record<string, string>> = {
  getfattr: 'attr',
  setfattr: 'attr',
  xargs: 'findutils',
  mknod: 'coreutils',
};

export function toolMissing(command: string): Error {
  return usageError('IMAGE_TOOL_MISSING', `The program ${command} is not installed`, {
    next: `Install the package "${packages[command] ?? command}".`,
  });
}
