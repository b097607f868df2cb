import { tmpdir } from 'node:os';
import { HoldfastError } from '../../core/index.ts';
import { type Isolation, isolations } from '../sandbox.ts';
import { tryChroot } from './chroot-trial.ts';
import { tryNamespaces } from './namespaces-trial.ts';
import { unavailable } from './unavailable.ts';

/** A way to isolate steps that works here. */
export interface SandboxProbe {
  readonly isolation: Isolation;
  /** One line for people. */
  readonly summary: string;
  /** What it does not keep apart; empty for the strongest. */
  readonly notes: readonly string[];
}

/**
 * Tries out what a kind of isolation needs. There is no falling to a weaker one: an error says what was found instead,
 * and which weaker one could be asked for.
 * @param directory on the file system where steps will have their layers.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_NETWORK_FAILED, SANDBOX_UNAVAILABLE (exit 2)
 */
export async function probeSandbox(
  isolation: Isolation,
  directory: string = tmpdir(),
): Promise<SandboxProbe> {
  try {
    return await probe(isolation, directory);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'SANDBOX_UNAVAILABLE') throw error;
    const weaker = isolations.slice(isolations.indexOf(isolation) + 1);
    const works: Isolation[] = [];
    for (const one of weaker) if ((await examined(one, directory)).probe !== undefined) works.push(one);
    if (works.length === 0) throw error;
    const asked = works.map(one => `--isolation ${one}`).join(' or ');
    throw new HoldfastError(error.exit, error.code, error.message, {
      next: `${error.next} Weaker but working here: ${asked}; see docs/sandbox.md for what that gives up.`,
      cause: error,
    });
  }
}

/** What was found of one kind of isolation. */
export interface Examination {
  readonly isolation: Isolation;
  readonly probe?: SandboxProbe;
  readonly problem?: HoldfastError;
}

/** Tries out each kind, the strongest first. */
export async function examineSandboxes(directory: string): Promise<Examination[]> {
  const found: Examination[] = [];
  for (const isolation of isolations) found.push(await examined(isolation, directory));
  return found;
}

async function examined(isolation: Isolation, directory: string): Promise<Examination> {
  try {
    return { isolation, probe: await probe(isolation, directory) };
  } catch (error) {
    if (error instanceof HoldfastError) return { isolation, problem: error };
    throw error;
  }
}

async function probe(isolation: Isolation, directory: string): Promise<SandboxProbe> {
  if (process.platform !== 'linux' || process.getuid === undefined)
    throw unavailable(
      `this is ${process.platform}, not Linux`,
      'Run it on Linux, or in a virtual machine with Linux.',
    );
  switch (isolation) {
    case 'namespaces': {
      const { way, ownKernelFiles } = await tryNamespaces(isolation, directory);
      const summary = `namespaces and overlayfs, as ${way === 'subordinate ids' ? 'a normal user with subordinate ids' : way}`;
      return { isolation, summary, notes: ownKernelFiles ? [] : [sharedProc] };
    }
    case 'chroot':
      await tryChroot(directory);
      return { isolation, summary: 'a copied root and chroot, as root', notes: chrootNotes };
    case 'single-id': {
      const { ownKernelFiles } = await tryNamespaces(isolation, directory);
      const summary = 'namespaces and overlayfs, as a normal user with a single id';
      return { isolation, summary, notes: [lostOwners, ...(ownKernelFiles ? [] : [sharedProc])] };
    }
  }
}

const sharedProc = 'steps see the container’s /proc, and in it the container’s processes';
const chrootNotes = [
  'steps share the container’s network: what they dial by name is locked, what they dial by address is only noticed',
  'steps share the container’s processes, and have no /proc of their own',
];
const lostOwners = 'all files belong to root: images have another digest than those of other sandboxes';
