import type { Command } from 'commander';
import { repairFrom } from '../build/index.ts';
import { counted, type HoldfastError, integrityError, staleError } from '../core/index.ts';
import { errorJson, errorText, formatBytes, printable } from '../report/index.ts';
import { parsePlace, verifyStore, type BadBlob, type StoreVerification } from '../share/index.ts';
import { collect } from './collect.ts';
import { printResult } from './common.ts';
import { hostAddress } from './pairs.ts';
import {
  addStoreOptions,
  duration,
  openStore,
  usualUse,
  withRegistry,
  type StoreOptions,
} from './store-common.ts';

interface VerifyOptions extends StoreOptions {
  readonly repair?: boolean;
  readonly remote?: readonly string[];
  readonly addHost?: readonly string[];
}

export function storeVerifyCommand(group: Command): void {
  addStoreOptions(
    group
      .command('verify')
      .description('hash every blob again, and look for what locks need and the store lacks'),
  )
    .option('--repair', 'get what is damaged or missing from --remote, its registry, or its recorded URL')
    .option('--remote <place>', 'where blobs are shared: REF, docker://REF or oci:DIR', collect)
    .option('--add-host <name:address>', 'reach NAME at ADDRESS when repairing', collect)
    .action(async (options: VerifyOptions) => {
      const store = await openStore(options);
      const since = Date.now() - duration(usualUse);
      const remotes = (options.remote ?? []).map(parsePlace);
      const addHosts = new Map((options.addHost ?? []).map(hostAddress));
      const found = await withRegistry(async registry => {
        if (options.repair !== true) return verifyStore(store, { since });
        const note = (text: string) => void process.stderr.write(`${printable(text)}\n`);
        const sources = { store, registry, remotes, addHosts, note, environment: process.env };
        return repairFrom(sources, repair => verifyStore(store, { since, repair }));
      });
      const left = leftOf(found.bad);
      const error = left.length === 0 ? undefined : failure(left, options);
      printResult(options, { ...found, ...(error && errorJson(error)) }, resultText(found));
      if (error === undefined) return;
      // Not thrown: the result and the error are one JSON document.
      process.stderr.write(errorText(error));
      process.exitCode = error.exit;
    });
}

function leftOf(bad: readonly BadBlob[]): BadBlob[] {
  return bad.filter(({ repairedFrom, removed }) => repairedFrom === undefined && removed !== true);
}

function resultText({ blobs, bytes, bad }: StoreVerification): string {
  const lines = bad.map(({ digest, problem, what, neededBy, repairedFrom, removed }) => {
    const name = what === undefined ? '' : ` ${printable(what)}`;
    const needed = neededBy.length > 0 ? `, needed by ${neededBy.map(printable).join(', ')}` : '';
    const repaired = repairedFrom === undefined ? '' : `; repaired from ${printable(repairedFrom)}`;
    const gone = removed === true ? '; removed: a build makes it again' : '';
    return `${problem} ${digest}${name}${needed}${repaired}${gone}`;
  });
  const left = leftOf(bad).length;
  const verdict =
    left > 0
      ? `${left} ${left === 1 ? 'is not as it' : 'are not as they'} should be`
      : bad.length > 0
        ? 'all as their digests say now'
        : 'all as their digests say';
  return [...lines, `${counted(blobs, 'blob')}, ${formatBytes(bytes)}: ${verdict}`].join('\n');
}

function failure(left: readonly BadBlob[], { repair, remote }: VerifyOptions): HoldfastError {
  const corrupt = left.filter(({ problem }) => problem === 'corrupt');
  if (corrupt.length > 0)
    return integrityError(
      'STORE_ROT',
      corrupt.length === 1
        ? '1 blob hashes to something else than its digest'
        : `${corrupt.length} blobs hash to something else than their digest`,
      {
        next:
          repair !== true
            ? 'Run `holdfast store verify --repair`, with --remote where the blobs are shared.'
            : remote === undefined
              ? 'Nobody who was asked has it: name a place where it is shared with --remote.'
              : 'Nobody who was asked has it: run `holdfast store push` on a machine that does, then --repair again.',
      },
    );
  return staleError('STORE_LACKS', `the store lacks ${counted(left.length, 'blob')} that locks need`, {
    next: 'Run `holdfast store verify --repair` or `holdfast store pull`.',
  });
}
