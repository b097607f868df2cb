import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { homedir, release } from 'node:os';
import { dirname } from 'node:path';
import { HoldfastError } from '../core/index.ts';
import { credentialNames } from '../registry/index.ts';
import {
  examineSandboxes,
  type Examination,
  type IdRange,
  type Isolation,
  subordinateRanges,
  type ToolStatus,
  toolStatus,
} from '../sandbox/index.ts';

/** What of this machine decides whether and how it can build. */
export interface MachineFacts {
  readonly kernel: string;
  readonly node: string;
  readonly uid: number;
  /** The kind of isolation that a build would use. */
  readonly isolation: Isolation;
  readonly sandboxes: readonly Examination[];
  readonly tools: readonly ToolStatus[];
  readonly store: PlaceFacts;
  readonly cache: PlaceFacts;
  readonly subordinateIds: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] };
  readonly credentials: CredentialFacts;
}

export interface PlaceFacts {
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  readonly freeBytes: number;
}

/** Names alone. */
export type CredentialFacts =
  | { readonly file: string; readonly registries: readonly string[]; readonly helper?: string | undefined }
  | { readonly problem: string };

export async function machineFacts(
  isolation: Isolation,
  places: { readonly store: string; readonly cache: string },
  env: NodeJS.ProcessEnv,
): Promise<MachineFacts> {
  const uid = process.getuid?.() ?? 0;
  return {
    kernel: release(),
    node: process.versions.node,
    uid,
    isolation,
    sandboxes: await examineSandboxes(nearest(places.cache)),
    tools: toolStatus(),
    store: placeFacts(places.store),
    cache: placeFacts(places.cache),
    subordinateIds: {
      uids: subordinateRanges('/etc/subuid', uid),
      gids: subordinateRanges('/etc/subgid', uid),
    },
    credentials: await credentialFacts(env),
  };
}

async function credentialFacts(env: NodeJS.ProcessEnv): Promise<CredentialFacts> {
  try {
    return await credentialNames({ env, homeDirectory: env['HOME'] ?? homedir() });
  } catch (error) {
    if (error instanceof HoldfastError) return { problem: error.message };
    throw error;
  }
}

function placeFacts(path: string): PlaceFacts {
  const existing = nearest(path);
  const { bavail, bsize } = statfsSync(existing);
  return { path, exists: existing === path, writable: isWritable(existing), freeBytes: bavail * bsize };
}

/** What of a path there is. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
