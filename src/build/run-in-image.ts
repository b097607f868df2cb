import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageConfig } from '../image/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { withImage } from './image-view.ts';
import type { BuildRuntime } from './runtime.ts';

/** A finished image that can be looked into and run. */
export interface RunnableImage {
  readonly config: ImageConfig;
  /** Where its file system is mounted, read-only. */
  readonly view: string;
  /**
   * Runs commands one after the other, each on what those before it left; nothing of it reaches the image. They have
   * no network. Ends at the last command, or with the first that fails.
   */
  run(commands: readonly ContainerCommand[]): Promise<readonly CommandResult[]>;
}

export interface ContainerCommand {
  readonly argv: readonly string[];
  /** Beside what the image sets. */
  readonly env: Readonly<Record<string, string>>;
  /** As USER names one; the image's where it is left out. */
  readonly user?: string | undefined;
  /** Whether an exit code other than 0 is no reason to stop. */
  readonly mayFail?: boolean | undefined;
}

export interface CommandResult {
  readonly exitCode: number;
  /** The first megabyte of each. */
  readonly stdout: string;
  readonly stderr: string;
}

const mostOutput = 1024 * 1024;

/** Opens an image of one platform for `use`. @throws NamespacesNeeded, and what the sandbox throws */
export async function withRunnableImage<Result>(
  { image, config }: { readonly image: TaggedDescriptor; readonly config: ImageConfig },
  runtime: BuildRuntime,
  use: (image: RunnableImage) => Promise<Result>,
): Promise<Result> {
  return withImage(image, config, runtime, (view, { lowers, work }) => {
    let count = 0;
    const nextDirectory = async () => {
      const directory = join(work, `run-${++count}`);
      await mkdir(directory, { mode: 0o755 });
      return directory;
    };
    return use({
      config,
      view,
      async run(commands) {
        const results: CommandResult[] = [];
        let layers = lowers;
        for (const command of commands) {
          const { upper, ...result } = await runCommand(command, config, {
            layers,
            directory: await nextDirectory(),
            runtime,
          });
          layers = [upper, ...layers];
          results.push(result);
          if (result.exitCode !== 0 && command.mayFail !== true) break;
        }
        return results;
      },
    });
  });
}

async function runCommand(
  { argv, env, user }: ContainerCommand,
  { config: settings = {} }: ImageConfig,
  place: { readonly layers: readonly string[]; readonly directory: string; readonly runtime: BuildRuntime },
): Promise<CommandResult & { readonly upper: string }> {
  const { sandbox, signal } = place.runtime;
  const [stdout, stderr] = [new Output(), new Output()];
  const { exitCode, upper } = await sandbox.runStep({
    lowers: place.layers,
    directory: place.directory,
    argv,
    env: { ...variablesOf(settings.Env ?? []), ...env },
    cwd: settings.WorkingDir || '/',
    user: user ?? settings.User ?? '',
    network: 'none',
    onStdout: chunk => stdout.add(chunk),
    onStderr: chunk => stderr.add(chunk),
    signal,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text, upper };
}

/** `NAME=VALUE` of an image's configuration. */
export function variablesOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map(text => {
      const at = text.indexOf('=');
      return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

class Output {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, mostOutput - this.#size));
    this.#size += kept.length;
    this.#chunks.push(kept);
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
