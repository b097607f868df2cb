import type { Command } from 'commander';
import { storeGcCommand } from './store-gc.ts';
import { storeListCommand } from './store-list.ts';
import { storePullCommand, storePushCommand } from './store-share.ts';
import { storeVerifyCommand } from './store-verify.ts';

export function storeCommand(program: Command): void {
  const group = program.command('store').description('share the blobs of a lock; look after the store');
  for (const add of [
    storePushCommand,
    storePullCommand,
    storeGcCommand,
    storeVerifyCommand,
    storeListCommand,
  ])
    add(group);
}
