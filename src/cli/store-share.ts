import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { configurationName, readConfiguration } from '../build/index.ts';
import { errnoOf, staleError, usageError } from '../core/index.ts';
import { parseLock, type Lock } from '../lock/index.ts';
import type { RegistryClient, Transport } from '../registry/index.ts';
import { formatBytes } from '../report/index.ts';
import { noteLock, openPlace, parsePlace, pullLock, pushLock, type BlobPlace } from '../share/index.ts';
import type { Store } from '../store/index.ts';
import { printResult } from './common.ts';
import { addStoreOptions, openStore, withRegistry, type StoreOptions } from './store-common.ts';

interface ShareOptions extends StoreOptions {
  readonly lockfile?: string;
}

export function storePushCommand(group: Command): void {
  addShareOptions(
    group
      .command('push')
      .description('leave all blobs that a lock needs in a registry, or a directory, as one artifact'),
  ).action(async (first: string | undefined, second: string | undefined, options: ShareOptions) => {
    await shared(first, second, options, async (lock, store, place, tag) => {
      const pushed = await pushLock(lock, store, place, { tag, onProgress: counted('sent') });
      const { tags, blobs, bytes, sent, sentBytes, artifact } = pushed;
      printResult(
        options,
        { place: place.name, ...pushed },
        `${place.name}:${tags[0]}: ${blobs} blobs, ${formatBytes(bytes)}; ${sent} were new, ${formatBytes(sentBytes)}\n${artifact}`,
      );
    });
  });
}

export function storePullCommand(group: Command): void {
  addShareOptions(
    group
      .command('pull')
      .description('bring all blobs that a lock needs into the store, from where they were pushed to'),
  ).action(async (first: string | undefined, second: string | undefined, options: ShareOptions) => {
    await shared(first, second, options, async (lock, store, place) => {
      const pulled = await pullLock(lock, store, place, counted('received'));
      const { blobs, bytes, received, receivedBytes } = pulled;
      printResult(
        options,
        { place: place.name, ...pulled },
        `${place.name}: ${blobs} blobs, ${formatBytes(bytes)}; ${received} were new, ${formatBytes(receivedBytes)}`,
      );
    });
  });
}

function addShareOptions(command: Command): Command {
  addStoreOptions(command)
    .usage('[options] [dir] [place]')
    .argument('[dir or place]', 'the project; default the current directory')
    .argument(
      '[place]',
      'a repository, REF or docker://REF, or a directory, oci:DIR; default `remote` of holdfast.yaml',
    )
    .option('--lockfile <path>', 'the lock; default holdfast.lock in DIR');
  return command;
}

async function shared(
  first: string | undefined,
  second: string | undefined,
  options: ShareOptions,
  use: (lock: Lock, store: Store, place: BlobPlace, tag: string | undefined) => Promise<void>,
): Promise<void> {
  const { directory, place: given } = whatAndWhere(first, second);
  const { remote, plainHttp } = await readConfiguration(join(directory, configurationName));
  const transport = given === undefined ? remote : parsePlace(given);
  if (transport === undefined) throw noPlace();
  const path = resolve(options.lockfile ?? join(directory, 'holdfast.lock'));
  const lockText = await readLock(path);
  const lock = parseLock(lockText, path);
  const store = await openStore(options);
  const openAt = (registry: () => Promise<RegistryClient>) => openPlace(transport, registry);
  await withRegistry(registry => use(lock, store, openAt(registry), tagOf(transport)), plainHttp);
  await noteLock(store, path, lockText, lock);
}

/** One argument alone is the project where there is such a directory, else the place. */
function whatAndWhere(first = '.', second?: string): { directory: string; place?: string | undefined } {
  if (second !== undefined) return { directory: first, place: second };
  const isDirectory = statSync(first, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isDirectory ? { directory: first } : { directory: '.', place: first };
}

function tagOf(transport: Transport): string | undefined {
  if (transport.kind === 'docker') return transport.reference.tag;
  return transport.kind === 'oci' ? transport.tag : undefined;
}

const noPlace = () =>
  usageError('REMOTE_MISSING', 'nothing says where the blobs are shared', {
    next: 'Name a repository or oci:DIR, or set `remote` in holdfast.yaml.',
  });

/** @throws HoldfastError LOCK_MISSING (exit 3) */
async function readLock(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw staleError('LOCK_MISSING', `there is no ${path} (${errnoOf(error) ?? 'unreadable'})`, {
      next: 'Run `holdfast lock`, or name the directory or the lock: --lockfile FILE.',
      cause: error,
    });
  });
}

/** On a terminal one line that counts. */
function counted(what: string): (done: number, all: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (done, all) =>
    void process.stderr.write(`\r${done} of ${all} blobs ${what}${done === all ? '\n' : ''}`);
}
