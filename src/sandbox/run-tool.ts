import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { toolEnvironment } from './tools.ts';

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** What the tool complained of, on one line. */
  readonly complaint: string;
}

/** Runs one of the host's tools to its end. Rejects only if it cannot be started. */
export async function runTool(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string | Buffer } = {},
): Promise<ToolResult> {
  const child = spawn(file, args, { cwd: options.cwd ?? '/', env: toolEnvironment, stdio: 'pipe' });
  // A tool that fails early does not read its input; its exit status tells the rest.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { ok: code === 0, stdout, complaint: oneLine(stderr) || `${file} ended with ${code ?? signal}` };
}

/** Tools' messages span lines and end in hints; errors take one line. */
export function oneLine(message: string): string {
  return message
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('dmesg(1) may have more'))
    .join('; ');
}
