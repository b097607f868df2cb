import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Whether this machine has Nix; `scripts/setup --tests` installs it. */
export const hasNix = spawnSync('nix-instantiate', ['--version']).status === 0;

/** A real Nix with a store of its own. It asks no cache, and gets what it builds from the URLs alone. */
export interface Nix {
  readonly directory: string;
  /** Runs one of its programs. @returns what it wrote; @throws with its complaint */
  run(program: string, ...args: readonly string[]): Promise<string>;
  write(name: string, text: string): Promise<string>;
  close(): Promise<void>;
}

export async function openNix(): Promise<Nix> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-nix-'));
  const at = (name: string) => join(directory, name);
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    NIX_STORE_DIR: at('store'),
    NIX_STATE_DIR: at('var'),
    NIX_LOCALSTATE_DIR: at('var'),
    NIX_LOG_DIR: at('log'),
    NIX_CONF_DIR: at('conf'),
    NIX_CONFIG: 'build-users-group =\nsandbox = false\nsubstitute = false\n',
  };
  return {
    directory,
    async run(program, ...args) {
      const { stdout } = await promisify(execFile)(program, [...args], { env, cwd: directory });
      return stdout;
    },
    async write(name, text) {
      await writeFile(at(name), text);
      return at(name);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
