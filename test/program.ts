import { spawn, spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';

const repository = dirname(import.meta.dirname);

export interface RunOptions {
  readonly cwd?: string;
  /** Beside PATH and TMPDIR the only variables that the program gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
  /** A command line that starts another one, as root: `['unshare', '--net']`. */
  readonly through?: readonly string[];
  /** Runs the program, from an installation that this user can read, as this user; a number may be one without a name. */
  readonly user?: string;
  /** Kills the program after so many milliseconds. */
  readonly killAfter?: number;
}

export interface RunResult {
  /** Nothing where a signal ended it. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it wrote to stdout, where that is JSON. */
  readonly json: unknown;
}

/** Runs the built program as a child process and returns what it said. */
export async function holdfast(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd = '/', env = {}, stdin = '', through = [], user, killAfter } = options;
  const as = user === undefined ? [] : ['setpriv', ...idsOf(user), '--'];
  const program =
    user === undefined
      ? [process.execPath, join(repository, 'bin', 'holdfast.js')]
      : await readableInstallation();
  const [file = '', ...rest] = [...through, ...as, ...program, ...args];
  const path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const child = spawn(file, rest, {
    cwd,
    env: { PATH: path, TMPDIR: tmpdir(), ...env },
    ...(killAfter !== undefined && { timeout: killAfter, killSignal: 'SIGKILL' as const }),
  });
  child.stdin.on('error', () => undefined); // It may end without having read.
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((done, failed) => child.on('error', failed).on('close', done));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exit, stdout, stderr, json: parsed(stdout) };
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

/** The user with subordinate ids that HOLDFAST_TEST_USER names; nothing, and a line on the console, where there is none. */
export function testUser(): string | undefined {
  const user = process.env['HOLDFAST_TEST_USER'] ?? '';
  if (process.getuid?.() === 0 && user !== '' && spawnSync('id', [user]).status === 0) return user;
  console.log(
    'skipped: tests as a normal user; as root, name one with subordinate ids in HOLDFAST_TEST_USER',
  );
  return undefined;
}

/** Options of setpriv(1). */
export function idsOf(user: string): string[] {
  if (/^\d+$/.test(user)) return ['--reuid', user, '--regid', user, '--clear-groups'];
  const id = (flag: string) => spawnSync('id', [flag, user]).stdout.toString().trim();
  return ['--reuid', id('-u'), '--regid', id('-g'), '--init-groups'];
}

/** How this machine reaches the archive in its apt configuration: its proxies and roots. */
export function upstreamEnvironment(): Record<string, string> {
  const names = /^((https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      names.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

let installation: Promise<string[]> | undefined;

/** The command of a copy of the program, its dependencies and Node.js, in one directory that every user can read. */
export function readableInstallation(): Promise<string[]> {
  return (installation ??= install());
}

async function install(): Promise<string[]> {
  const root = await mkdtemp(join(inject('runDirectory'), 'installed-'));
  await chmod(root, 0o755);
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  const modules = Object.entries(lock.packages).filter(([path, { dev = false }]) => path !== '' && !dev);
  for (const path of ['bin', 'dist', 'package.json', ...modules.map(([module]) => module)]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(repository, path), join(root, path), { recursive: true });
  }
  await cp(process.execPath, join(root, 'node'));
  return [join(root, 'node'), join(root, 'bin', 'holdfast.js')];
}
