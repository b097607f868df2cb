import type { Command } from 'commander';
import { RegistryClients } from './registry-clients.ts';
import { addRegistryOptions, addSharedRegistryOptions, settingsOf } from './registry-options.ts';
import type { RegistryClient } from '../registry/index.ts';

/** Options of a command that asks one registry, and prints. */
export interface OneRegistryOptions {
  readonly json?: boolean;
}

export function addOneRegistryOptions(command: Command): Command {
  return addSharedRegistryOptions(addRegistryOptions(command, ''));
}

/** Runs `use` with a way to a client for these registries, closed afterwards. */
export async function withRegistry<Result>(
  options: OneRegistryOptions,
  hosts: readonly string[],
  use: (client: () => Promise<RegistryClient>) => Promise<Result>,
): Promise<Result> {
  const clients = new RegistryClients(text => process.stderr.write(`${text}\n`));
  try {
    return await use(() => clients.with(settingsOf({ ...options }, '', hosts)));
  } finally {
    await clients.close();
  }
}
