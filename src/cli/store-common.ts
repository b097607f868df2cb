import { homedir } from 'node:os';
import type { Command } from 'commander';
import { usageError } from '../core/index.ts';
import { RegistryClient } from '../registry/index.ts';
import { Store } from '../store/index.ts';
import { placesFor } from './environment.ts';

export interface StoreOptions {
  readonly store?: string;
  readonly json?: boolean;
}

export function addStoreOptions(command: Command): Command {
  return command
    .option(
      '--store <dir>',
      'the store; default $HOLDFAST_STORE, or holdfast/store in the user’s data directory',
    )
    .option('--json', 'the result as JSON on stdout');
}

export function openStore({ store }: StoreOptions): Promise<Store> {
  return Store.open(placesFor({ store }, process.env).store);
}

/** Runs `use` with a client that is made at first use, and closed. */
export async function withRegistry<Result>(
  use: (registry: () => Promise<RegistryClient>) => Promise<Result>,
  plainHttp: readonly string[] = [],
): Promise<Result> {
  let client: Promise<RegistryClient> | undefined;
  const { env } = process;
  const registry = () =>
    (client ??= RegistryClient.open({ env, homeDirectory: env['HOME'] ?? homedir(), plainHttp }));
  try {
    return await use(registry);
  } finally {
    await (await client)?.close();
  }
}

const unitMilliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `7d`, `12h`, `30m` or `0`, in milliseconds. @throws HoldfastError DURATION_INVALID (exit 2) */
export function duration(text: string): number {
  if (text === '0') return 0;
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return Number(count) * unitMilliseconds[unit];
  throw usageError('DURATION_INVALID', `"${text}" is not a length of time`, {
    next: 'Write it as 7d, 12h, 30m or 0.',
  });
}

/** For how long blobs and locks count as used, unless the user says otherwise. */
export const usualUse = '7d';
