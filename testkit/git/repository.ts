import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** A commit as its author makes it. */
export interface CommitSpec {
  /** Short name of a branch; `main` if none is named. The commit comes on top of what is there. */
  readonly branch?: string;
  /** Where a branch that is new shall start: a commit. */
  readonly from?: string;
  readonly message?: string;
  /** RFC 3339. */
  readonly date: string;
  /** Content by path; they are laid over what the commit before has. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** By path: the other repository's URL and the commit of it. */
  readonly submodules?: Readonly<Record<string, { readonly url: string; readonly commit: string }>>;
}

/** Neither the user's settings nor the machine's have a say, nor does a clock: equal calls give equal commits. */
export const cleanGitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

/**
 * Runs git, and gives what it prints.
 * @throws Error with what git says where it does not exit with 0
 */
export async function runGit(
  args: readonly string[],
  options: {
    readonly input?: string | Uint8Array;
    readonly cwd?: string;
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  const child = spawn('git', args, {
    cwd: options.cwd,
    env: { ...cleanGitEnvironment, ...options.environment },
    stdio: 'pipe',
  });
  // A child that ends early leaves its input unread; its exit code tells of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [output, problems, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`git ${args.join(' ')}: exit ${String(code)}\n${problems}`);
  return output;
}

/** A bare repository that grows by calls, with the dates that these say. */
export class GitRepository {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(
    directory: string,
    settings: Readonly<Record<string, string>> = {},
    objectFormat: 'sha1' | 'sha256' = 'sha1',
  ): Promise<GitRepository> {
    await mkdir(directory, { recursive: true });
    const repository = new GitRepository(directory);
    await repository.git(['init', '-q', '--bare', '-b', 'main', `--object-format=${objectFormat}`]);
    const all = {
      'uploadpack.allowReachableSHA1InWant': 'true',
      'uploadpack.allowFilter': 'true',
      ...settings,
    };
    for (const [name, value] of Object.entries(all)) await repository.git(['config', name, value]);
    return repository;
  }

  git(args: readonly string[], input?: string | Uint8Array): Promise<string> {
    return runGit(args, { cwd: this.directory, ...(input !== undefined && { input }) });
  }

  /** The new commit. */
  async commit(spec: CommitSpec): Promise<string> {
    const ref = `refs/heads/${spec.branch ?? 'main'}`;
    const before = (await this.git(['for-each-ref', '--format=%(objectname)', ref])).trim() || spec.from;
    const date = `${Math.floor(Date.parse(spec.date) / 1000)} +0000`;
    const modules = Object.entries(spec.submodules ?? {});
    const files = Object.entries(spec.files ?? {});
    if (modules.length > 0) files.push(['.gitmodules', modules.map(moduleText).join('')]);
    const stream = [
      `commit ${ref}\n`,
      `author A U Thor <author@git.test> ${date}\n`,
      `committer A U Thor <author@git.test> ${date}\n`,
      ...data(spec.message ?? `Change of ${spec.date}\n`),
      ...(before === undefined ? [] : [`from ${before}\n`]),
      ...files.flatMap(([path, content]) => [`M 100644 inline ${path}\n`, ...data(content)]),
      ...modules.map(([path, { commit }]) => `M 160000 ${commit} ${path}\n`),
      '\n',
    ];
    await this.git(['fast-import', '--quiet'], Buffer.concat(stream.map(part => Buffer.from(part))));
    return this.commitOf(ref);
  }

  /** An annotated tag where there is a message, else a plain one. */
  async tag(name: string, commit: string, annotation?: { message: string; date: string }): Promise<void> {
    if (annotation === undefined) {
      await this.git(['update-ref', `refs/tags/${name}`, commit]);
      return;
    }
    const date = `${Math.floor(Date.parse(annotation.date) / 1000)} +0000`;
    const head = [`tag ${name}\n`, `from ${commit}\n`, `tagger A U Thor <author@git.test> ${date}\n`];
    const stream = [...head, ...data(annotation.message)];
    await this.git(['fast-import', '--quiet'], Buffer.concat(stream.map(part => Buffer.from(part))));
  }

  async commitOf(name: string): Promise<string> {
    return (await this.git(['rev-parse', '--verify', `${name}^{commit}`])).trim();
  }
}

/** git-fast-import, "data". */
function data(content: string | Uint8Array): (string | Uint8Array)[] {
  return [`data ${Buffer.byteLength(content)}\n`, content, '\n'];
}

function moduleText([path, { url }]: readonly [string, { readonly url: string }]): string {
  return `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`;
}
