import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../core/index.ts';

/** The host's programs that the sandbox is made of, and the Debian package that has each. */
const packages = {
  sh: 'dash',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  setarch: 'util-linux',
  mount: 'mount',
  umount: 'mount',
  cp: 'coreutils',
  chroot: 'coreutils',
  xargs: 'findutils',
  mknod: 'coreutils',
  getfattr: 'attr',
  setfattr: 'attr',
  git: 'git',
  mkfifo: 'coreutils',
  ip: 'iproute2',
  perl: 'perl-base',
  newuidmap: 'uidmap',
  newgidmap: 'uidmap',
  script: 'bsdutils',
  'ssh-add': 'openssh-client',
  'ssh-agent': 'openssh-client',
} as const;

export type ToolName = keyof typeof packages;
export type Tools<Name extends ToolName = StepTool> = Readonly<Record<Name, string>>;

export const stepTools = [
  'sh',
  'unshare',
  'nsenter',
  'setpriv',
  'mount',
  'umount',
  'ip',
  'perl',
] as const satisfies readonly ToolName[];
type StepTool = (typeof stepTools)[number];

/** What a sandbox without namespaces is made of. */
export const chrootTools = [
  'setpriv',
  'cp',
  'chroot',
  'mkfifo',
  'xargs',
  'perl',
] as const satisfies readonly ToolName[];

/** What layers are read and written with, in whatever sandbox. */
const layerTools = ['getfattr', 'setfattr', 'mknod', 'xargs'] as const satisfies readonly ToolName[];

/** What a user who is not root needs besides. */
export const userNamespaceTools = ['newuidmap', 'newgidmap'] as const satisfies readonly ToolName[];

/** A normal user's PATH often lacks the sbin directories, where Debian has `ip`. */
const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The environment of the host's tools: nothing of the user's, so that no locale changes a message.
 * libmount from 2.39 on hands each mount option to the kernel in a call that takes 256 bytes at most, too little
 * for `lowerdir`; the variable makes it use mount(2).
 */
export const toolEnvironment: NodeJS.ProcessEnv = {
  PATH: systemPath.join(':'),
  LC_ALL: 'C',
  LIBMOUNT_FORCE_MOUNT2: 'always',
};

/**
 * Absolute paths of the named tools.
 * @throws HoldfastError SANDBOX_TOOL_MISSING (exit 2), which names all that are missing and their packages.
 */
export function findTools<Name extends ToolName>(
  names: readonly Name[],
  directories: readonly string[] = [...systemPath, ...(process.env['PATH'] ?? '').split(':')],
): Tools<Name> {
  const found: Partial<Record<Name, string>> = {};
  const missing: Name[] = [];
  for (const name of names) {
    const path = pathOf(name, directories);
    if (path === undefined) missing.push(name);
    else found[name] = path;
  }
  if (missing.length > 0) {
    const wanted = [...new Set(missing.map(name => packages[name]))].toSorted();
    throw usageError(
      'SANDBOX_TOOL_MISSING',
      `the sandbox needs ${missing.join(', ')}, not found on this machine`,
      {
        next: `Install the Debian package${wanted.length > 1 ? 's' : ''} ${wanted.join(' ')} or your system's equivalent.`,
      },
    );
  }
  return found as Tools<Name>;
}

/** A program that something here is made of. */
export interface ToolStatus {
  readonly name: string;
  /** The Debian package that has it. */
  readonly package: string;
  /** What it is needed for, as `--isolation` calls it; `layers` for all. */
  readonly neededFor: readonly string[];
  /** Where it is; nothing where it is missing. */
  readonly path: string | undefined;
}

/** All tools, and which of them are there. */
export function toolStatus(): ToolStatus[] {
  const users: Readonly<Record<string, readonly string[]>> = {
    namespaces: [...stepTools, ...(process.getuid?.() === 0 ? [] : userNamespaceTools)],
    chroot: chrootTools,
    'single-id': stepTools,
    layers: layerTools,
    'ADD of git repositories': ['git'],
  };
  return Object.entries(packages)
    .map(([name, owner]) => ({
      name,
      package: owner,
      neededFor: Object.keys(users).filter(user => users[user]?.includes(name)),
      path: pathOf(name, [...systemPath, ...(process.env['PATH'] ?? '').split(':')]),
    }))
    .filter(({ neededFor }) => neededFor.length > 0);
}

function pathOf(name: string, directories: readonly string[]): string | undefined {
  return directories
    .filter(directory => directory.startsWith('/'))
    .map(directory => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
