import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { oneLine, type ToolResult } from '../run-tool.ts';
import { findTools, toolEnvironment } from '../tools.ts';
import { stepSideCommands, type StepAttachment } from './network.ts';

/** Waits for its cable, which arrives with a line of input, and becomes the command. */
const script = `echo ready
read -r _
printf '%s' "$1" | "$2" -batch - || exit
shift 2
exec "$@" </dev/null`;

/**
 * Runs one of the host's programs in a network namespace that holds nothing but the gateway, without capabilities,
 * in a process tree that ends with it. Files are the host's.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_NETWORK_FAILED (exit 2); with an aborted `signal`, its reason
 */
export async function runConnected(
  attachment: StepAttachment,
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<ToolResult> {
  const { setpriv, unshare, sh, ip } = findTools(['setpriv', 'unshare', 'sh', 'ip']);
  const { cwd, env, signal } = options;
  const dropped = [
    setpriv,
    '--no-new-privs',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--',
  ];
  const commands = `${stepSideCommands(attachment).join('\n')}\n`;
  const inside = [sh, '-c', script, 'sh', commands, ip, ...dropped, ...argv];
  const child = spawn(setpriv, ['--pdeathsig', 'KILL', unshare, '--net', '--', ...inside], {
    cwd,
    env: { ...toolEnvironment, ...env },
    stdio: 'pipe',
  });
  const abort = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  child.stdin.on('error', () => {});
  try {
    const complaint = text(child.stderr);
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const started = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      closed.then(() => false),
    ]);
    const output = text(child.stdout);
    if (started) {
      await attachment.connect(child.pid as number);
      child.stdin.end('\n');
    }
    const [stdout, stderr, [code, killed]] = await Promise.all([output, complaint, closed]);
    signal.throwIfAborted();
    return {
      ok: code === 0,
      stdout,
      complaint: oneLine(stderr) || `${argv[0]} ended with ${code ?? killed}`,
    };
  } finally {
    signal.removeEventListener('abort', abort);
    child.kill('SIGKILL');
  }
}
