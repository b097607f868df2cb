import { counted } from '../core/index.ts';
import type { Command } from 'commander';
import { formatBytes, printable } from '../report/index.ts';
import { storeUsage, type StoreUsage } from '../share/index.ts';
import { printResult } from './common.ts';
import { addStoreOptions, duration, openStore, usualUse, type StoreOptions } from './store-common.ts';

export function storeListCommand(group: Command): void {
  addStoreOptions(
    group.command('list').alias('ls').description('what each lock and each name takes of the store'),
  ).action(async (options: StoreOptions) => {
    const usage = await storeUsage(await openStore(options), Date.now() - duration(usualUse));
    printResult(options, usage, resultText(usage));
  });
}

function resultText({ roots, total, unnamed }: StoreUsage): string {
  const lines = roots.map(({ name, kind, reason, bytes, ownBytes, blobs, missing }) => {
    const state = kind === 'lock' && reason !== 'current' ? ` (${reason})` : '';
    const lost = missing > 0 ? `, ${missing} missing` : '';
    return `${kind} ${printable(name)}${state}: ${formatBytes(bytes)} in ${blobs} blobs, ${formatBytes(ownBytes)} of its own${lost}`;
  });
  return [
    ...lines,
    `all: ${formatBytes(total.bytes)} in ${counted(total.blobs, 'blob')}; ${formatBytes(unnamed.bytes)} in ${unnamed.blobs} that nothing names`,
  ].join('\n');
}
