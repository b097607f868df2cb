import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, usageError } from '../../core/index.ts';
import { findTools, toolEnvironment } from '../../sandbox/index.ts';

/** An agent of OpenSSH's that holds the keys of files, for one build. */
export class KeyAgent {
  readonly path: string;
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #end: Promise<unknown>;

  private constructor(directory: string, path: string, child: ChildProcess) {
    this.#directory = directory;
    this.path = path;
    this.#process = child;
    this.#end = once(child, 'close');
  }

  /** @throws HoldfastError SSH_UNUSABLE, SANDBOX_TOOL_MISSING (exit 2) */
  static async start(files: readonly string[]): Promise<KeyAgent> {
    const tools = findTools(['setpriv', 'ssh-agent', 'ssh-add']);
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-ssh-'));
    const path = join(directory, 'agent');
    const child = spawn(tools.setpriv, ['--pdeathsig', 'TERM', tools['ssh-agent'], '-D', '-a', path], {
      env: toolEnvironment,
      stdio: 'ignore',
    });
    const agent = new KeyAgent(directory, path, child);
    try {
      for (let tries = 0; !existsSync(path) && tries < 250 && child.exitCode === null; tries += 1)
        await sleep(20);
      for (const file of files) await addKey(tools['ssh-add'], path, file);
      return agent;
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#process.kill();
    await this.#end;
    // It removes its socket itself, and would be in the way of who removes the directory meanwhile.
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The key goes over a pipe: ssh-add(1) refuses files that others may read. A passphrase cannot be asked for. */
async function addKey(tool: string, socket: string, file: string): Promise<void> {
  const key = keyIn(file);
  const env = { ...toolEnvironment, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' };
  const child = spawn(tool, ['-q', '-'], { env, stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  child.stdin.on('error', () => {});
  child.stdin.end(key);
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code === 0) return;
  throw unusable(file, complaint.trim().split('\n')[0] || 'ssh-add refused it');
}

function keyIn(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unusable(file, errnoOf(error) ?? 'unknown error');
  }
}

function unusable(file: string, why: string): Error {
  return usageError('SSH_UNUSABLE', `cannot use the key in ${file} for --ssh: ${why}`, {
    next: 'Name a file with a private key without a passphrase, or the socket of an agent that holds it.',
  });
}
