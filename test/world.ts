import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { putDebianBases } from './bases.ts';
import { holdfast, type RunOptions, type RunResult } from './program.ts';
import { putTinyBase } from './tiny-base.ts';

export { holdfast, testUser, upstreamEnvironment, type RunOptions, type RunResult } from './program.ts';
export { archiveLines, programPackage, serveFiles, startServers, type Servers } from './servers.ts';

/** A user's directory with a project in it, all of it new and gone afterwards. */
export interface World {
  readonly root: string;
  readonly home: string;
  /** Where the program puts its store and cache for this HOME. */
  readonly store: string;
  readonly cache: string;
  /** The build context; empty at first. */
  readonly project: string;
  readonly lockPath: string;
  /** Writes files of the project by their relative paths. */
  write(files: Readonly<Record<string, string | Buffer>>): Promise<void>;
  /** Runs `holdfast COMMAND PROJECT …` here. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `run`, and throws where the exit code is not 0. */
  succeed(command: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>;
  readLock(): Promise<string>;
  /** `busybox` as `tiny:1` in the store. */
  tinyBase(): Promise<void>;
  /** `debian:bookworm`, `node:lts` and `languages:1` in the store, or those of them that are named. */
  debianBases(names?: readonly string[]): Promise<void>;
  /** Throws away all that a build can make again. */
  emptyCache(): Promise<void>;
  close(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-world-'));
  await chmod(root, 0o755);
  const home = join(root, 'home');
  const project = join(root, 'project');
  for (const directory of [home, project]) await mkdir(directory);
  const store = join(home, '.local', 'share', 'holdfast', 'store');
  const cache = join(home, '.cache', 'holdfast');
  const run: World['run'] = (command, args = [], options = {}) =>
    holdfast([command, project, '--progress', 'plain', ...args], {
      cwd: root,
      ...options,
      env: { HOME: home, ...options.env },
    });
  return {
    root,
    home,
    store,
    cache,
    project,
    lockPath: join(project, 'holdfast.lock'),
    run,
    write: async files => {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(project, path)), { recursive: true });
        await writeFile(join(project, path), content);
      }
    },
    succeed: async (command, args, options) => {
      const result = await run(command, args, options);
      if (result.exit === 0) return result;
      throw new Error(`holdfast ${command} gave ${result.exit}:\n${result.stderr}${result.stdout}`);
    },
    readLock: () => readFile(join(project, 'holdfast.lock'), 'utf8'),
    tinyBase: async () => void (await putTinyBase(store)),
    debianBases: names => putDebianBases(store, names),
    emptyCache: () => rm(cache, { recursive: true, force: true }),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** No network but a loopback that is down. */
export const withoutNetwork: readonly string[] = ['unshare', '--net', '--'];

/** The image that a lock's only build names. */
export function lockedImage(lock: string): string {
  const image = /^ {4}image: "(sha256:[0-9a-f]{64})"$/m.exec(lock)?.[1];
  if (image === undefined) throw new Error(`the lock names no image:\n${lock}`);
  return image;
}

/** The digest that `build` or `lock` printed. */
export function printedImage({ stdout }: RunResult): string {
  const image = /^sha256:[0-9a-f]{64}$/m.exec(stdout)?.[0];
  if (image === undefined) throw new Error(`no digest was printed:\n${stdout}`);
  return image;
}
