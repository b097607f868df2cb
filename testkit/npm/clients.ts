import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Programs that install packages from an npm registry, in a temporary directory of their own. */
export class NpmClients {
  /** Where each has its home, its caches and its configuration. */
  readonly home: string;
  readonly #path: string;
  /** Why there is none, by name. */
  readonly missing: ReadonlyMap<string, string>;

  private constructor(home: string, path: string, missing: ReadonlyMap<string, string>) {
    this.home = home;
    this.#path = path;
    this.missing = missing;
  }

  /**
   * Those of this machine; the others are installed by npm from the registry that this machine has configured, where
   * it has one.
   * @param packages by program: what npm installs for it
   */
  static async find(packages: Readonly<Record<string, string>>): Promise<NpmClients> {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-npm-clients-'));
    const path = `${join(home, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    const missing = new Map<string, string>();
    for (const [program, specifier] of Object.entries(packages)) {
      const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefer-offline'];
      try {
        await run('npm', ['install', '--prefix', home, ...options, specifier], {
          cwd: home,
          timeout: 120_000,
        });
        await run(join(home, 'node_modules', '.bin', program), ['--version'], { cwd: home, timeout: 60_000 });
      } catch (error) {
        missing.set(program, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
      }
    }
    return new NpmClients(home, path, missing);
  }

  /** Output of a client that knows nothing of this machine's configuration. */
  async run(program: string, args: readonly string[], directory: string): Promise<string> {
    const env = { PATH: this.#path, HOME: this.home, XDG_DATA_HOME: join(this.home, 'data'), CI: '1' };
    const { stdout, stderr } = await run(program, [...args], { cwd: directory, env, timeout: 120_000 });
    return stdout + stderr;
  }

  async close(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
