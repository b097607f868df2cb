import { counted } from '../core/index.ts';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes, printable } from '../report/index.ts';
import { collectGarbage, type Garbage } from '../share/index.ts';
import { collect } from './collect.ts';
import { printResult } from './common.ts';
import { addStoreOptions, duration, openStore, usualUse, type StoreOptions } from './store-common.ts';

/** Milliseconds: twice as long as a use may go unmarked. */
const safeUse = 2 * 60 * 60 * 1000;

interface GcOptions extends StoreOptions {
  readonly dryRun?: boolean;
  readonly keep?: readonly string[];
  readonly gitHistory?: boolean;
  readonly unusedFor: string;
}

export function storeGcCommand(group: Command): void {
  addStoreOptions(
    group.command('gc').description('remove what no lock and no name keeps; builds may go on meanwhile'),
  )
    .option('--dry-run', 'only tell what would go')
    .option('--unused-for <time>', 'keep what was used of late, as 7d, 12h or 0', usualUse)
    .option('--keep <lock>', 'keep what this lock names, too', collect)
    .option('--git-history', 'keep what any commit of a known lock names')
    .action(async (options: GcOptions) => {
      const unusedFor = duration(options.unusedFor);
      const since = Date.now() - unusedFor;
      if (unusedFor < safeUse && options.dryRun !== true)
        process.stderr.write(
          'uses are told to within an hour: this may take from a build that runs meanwhile\n',
        );
      const garbage = await collectGarbage(await openStore(options), {
        since,
        keep: (options.keep ?? []).map(path => resolve(path)),
        gitHistory: options.gitHistory,
        dryRun: options.dryRun === true,
      });
      printResult(options, resultJson(garbage, options), resultText(garbage, options));
    });
}

const total = (blobs: Garbage['removed']) => blobs.reduce((sum, { size }) => sum + size, 0);

function resultJson({ roots, kept, removed, young }: Garbage, { dryRun = false }: GcOptions): object {
  return {
    dryRun,
    removed: removed.map(({ usedAt, ...blob }) => ({ ...blob, usedAt: new Date(usedAt).toISOString() })),
    removedBytes: total(removed),
    kept,
    young,
    roots: roots.map(({ name, kind, reason }) => ({ name, kind, reason })),
  };
}

function resultText({ roots, kept, removed, young }: Garbage, { dryRun, unusedFor }: GcOptions): string {
  const lines = removed.map(
    ({ digest, size, what }) =>
      `${dryRun ? 'would remove' : 'removed'} ${digest} ${formatBytes(size)}${what === undefined ? '' : ` ${printable(what)}`}`,
  );
  const locks = roots.filter(({ kind }) => kind === 'lock').length;
  return [
    ...lines,
    `${dryRun ? 'would free' : 'freed'} ${formatBytes(total(removed))} in ${counted(removed.length, 'blob')}`,
    `${counted(kept.blobs, 'blob')}, ${formatBytes(kept.bytes)}, ${kept.blobs === 1 ? 'stays' : 'stay'} for ${counted(locks, 'lock')} and ${counted(roots.length - locks, 'name')}`,
    ...(young.blobs > 0
      ? [
          `${young.blobs} blobs, ${formatBytes(young.bytes)}, that nothing names were used in the last ${unusedFor}`,
        ]
      : []),
  ].join('\n');
}
