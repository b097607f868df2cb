import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface AptResult {
  readonly status: number;
  /** stdout and stderr. */
  readonly output: string;
}

/** Whether this machine has apt, for tests that use it as the judge. */
export function haveApt(): boolean {
  return spawnSync('apt-get', ['--version']).status === 0;
}

/** A private place for the machine's own apt: nothing of the machine's configuration, sources or state is used. */
export class AptRoot {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param sources the text of a `.sources` file; `@ROOT@` in it stands for this directory. */
  static async create(
    sources: string,
    files: Readonly<Record<string, string | Uint8Array>> = {},
  ): Promise<AptRoot> {
    const root = new AptRoot(await mkdtemp(join(tmpdir(), 'apt-root-')));
    for (const directory of [
      'etc/apt/apt.conf.d',
      'etc/apt/preferences.d',
      'etc/apt/sources.list.d',
      'var/lib/apt/lists/partial',
      'var/lib/dpkg',
      'var/cache/apt/archives/partial',
      'var/log/apt',
    ])
      await mkdir(join(root.path, directory), { recursive: true });
    const written = {
      'var/lib/dpkg/status': '',
      'etc/apt/sources.list.d/test.sources': sources.replaceAll('@ROOT@', root.path),
      'apt.conf': `Dir "${root.path}/";\nDir::State::status "${root.path}/var/lib/dpkg/status";\nAPT::Sandbox::User "";\nAPT::Architecture "amd64";\nAcquire::Languages "none";\nAcquire::Retries "0";\n`,
      ...files,
    };
    for (const [name, content] of Object.entries(written)) await writeFile(join(root.path, name), content);
    return root;
  }

  /** `apt-get …`, with further settings as `-o` takes them. */
  async aptGet(args: readonly string[], settings: readonly string[] = []): Promise<AptResult> {
    const options = settings.flatMap(setting => ['-o', setting]);
    return this.run('apt-get', ['-q', '-y', ...options, ...args]);
  }

  async run(command: string, args: readonly string[]): Promise<AptResult> {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', APT_CONFIG: join(this.path, 'apt.conf') };
    return new Promise(resolve => {
      execFile(command, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ status, output: stdout + stderr });
      });
    });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
