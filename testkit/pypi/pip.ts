import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface PipResult {
  readonly exitCode: number;
  /** What it printed, to both. */
  readonly output: string;
}

/** The machine's pip, with no settings but those given. */
export interface Pip {
  readonly version: string;
  /** The interpreter that it is a module of. */
  readonly python: string;
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<PipResult>;
}

/** Nothing where the machine has no pip for Python 3. */
export async function findPip(): Promise<Pip | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const { exitCode, output } = await run(python, ['--version'], {});
    if (exitCode === 0)
      return {
        version: output.split(' ')[1] ?? '',
        python,
        run: (args, environment = {}) => run(python, args, environment),
      };
  }
  return undefined;
}

/** With a home of its own: pip asks any `rustc` for its version, and rustup's writes settings into whatever home it has. */
async function run(
  python: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<PipResult> {
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  const home = await mkdtemp(join(TMPDIR, 'holdfast-pip-'));
  const env = {
    PATH,
    TMPDIR,
    HOME: home,
    LANG: 'C.UTF-8',
    PIP_CONFIG_FILE: '/dev/null',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_CACHE_DIR: '1',
    PIP_RETRIES: '0',
    ...environment,
  };
  try {
    return await new Promise(resolve => {
      execFile(python, ['-m', 'pip', ...args], { env, timeout: 120_000 }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
