import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is not there soon is not there. */
const installOptions =
  '--no-audit --no-fund --ignore-scripts --prefer-offline --fetch-retries=0 --fetch-timeout=30000'.split(' ');

/** Where the public registry has those clients that a machine with npm may lack. */
const packages = {
  yarn: { specifier: 'yarn@1', program: 'yarn' },
  berry: { specifier: '@yarnpkg/cli-dist@4', program: 'yarn' },
  pnpm: { specifier: 'pnpm@10', program: 'pnpm' },
} as const;

export type NpmClientName = 'npm' | keyof typeof packages;

/** Programs that install packages from an npm registry: yarn classic and 2 and later (`berry`), pnpm, and npm itself. */
export class NpmClients {
  readonly #home: string;
  readonly #programs: ReadonlyMap<NpmClientName, string>;
  /** Why a client is not here. */
  readonly missing: ReadonlyMap<NpmClientName, string>;

  private constructor(
    home: string,
    programs: ReadonlyMap<NpmClientName, string>,
    missing: ReadonlyMap<NpmClientName, string>,
  ) {
    this.#home = home;
    this.#programs = programs;
    this.missing = missing;
  }

  /** npm must be this machine's; it installs the others into a temporary directory, from wherever it is told to. */
  static async find(): Promise<NpmClients> {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-npm-clients-'));
    const programs = new Map<NpmClientName, string>([['npm', 'npm']]);
    const missing = new Map<NpmClientName, string>();
    for (const name of ['yarn', 'berry', 'pnpm'] as const) {
      const { specifier, program } = packages[name];
      const prefix = join(home, name);
      try {
        await run('npm', ['install', ...installOptions, '--prefix', prefix, specifier], {
          cwd: home,
          timeout: 120_000,
        });
        programs.set(name, join(prefix, 'node_modules', '.bin', program));
      } catch (error) {
        missing.set(name, messageOf(error));
      }
    }
    const npm = await run('npm', ['--version'], { cwd: home }).catch(messageOf);
    if (typeof npm === 'string') missing.set('npm', npm);
    return new NpmClients(home, programs, missing);
  }

  /** A directory from which a client runs wherever it is copied to, by `node_modules/.bin`; not of npm itself. */
  directoryOf(client: Exclude<NpmClientName, 'npm'>): string {
    return join(this.#home, client);
  }

  /** Output of a client that knows nothing of this machine's configuration. */
  async run(client: NpmClientName, args: readonly string[], directory: string): Promise<string> {
    // As root, yarn has its cache outside of the home.
    const YARN_CACHE_FOLDER = join(this.#home, `${client}-cache`);
    const env = { PATH: process.env['PATH'], HOME: this.#home, CI: '1', YARN_CACHE_FOLDER };
    const program = this.#programs.get(client) ?? client;
    const { stdout, stderr } = await run(program, [...args], { cwd: directory, env, timeout: 120_000 });
    return stdout + stderr;
  }

  async close(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** Of a command that failed: the line that npm has for its cause. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find(line => line.startsWith('npm error')) ?? text.split('\n')[0] ?? text;
}
