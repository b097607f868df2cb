import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { configurationName, replaceFile } from '../build/index.ts';
import { HoldfastError, usageError } from '../core/index.ts';
import { buildKey, parseLock, type Lock } from '../lock/index.ts';
import { changeCounts, changesText } from '../report/index.ts';
import { Store } from '../store/index.ts';
import { holdsOfRevert, lockChanges, withHold } from '../update/index.ts';
import { placeBeside } from './build-choice.ts';
import { collect } from './collect.ts';
import { addPlaceOptions, type PlaceOptions } from './common.ts';
import { placesFor } from './environment.ts';
import { editConfiguration } from './hold.ts';
import { committedText, commitsOf, lockText } from './lock-text.ts';
import { printJsonOrText } from './print.ts';

interface RevertOptions extends PlaceOptions {
  readonly to?: string;
  readonly lockfile?: string;
  readonly file?: readonly string[];
  readonly until?: string;
  readonly why?: string;
}

export function revertCommand(program: Command): void {
  const command = program
    .command('revert')
    .description('put an earlier lock of the git history back, and hold what went back with it')
    .argument('[dir]', 'where the lock lies', '.')
    .option('--to <revision>', 'of git; default the lock before its last change')
    .option('--lockfile <path>', 'the lock; default holdfast.lock in DIR')
    .option('-f, --file <path>', 'the compose file that the lock lies beside', collect)
    .option('--why <text>', 'hold what goes back, for this reason, until --until')
    .option('--until <date>', 'the last day of the hold, YYYY-MM-DD; default in 30 days');
  addPlaceOptions(command).action(async (directory: string, options: RevertOptions) => {
    const path = resolve(options.lockfile ?? join(placeBeside(directory, options), 'holdfast.lock'));
    const now = await lockText(path);
    const { text: old, revision } = await earlier(path, now, options.to);
    const [before, after] = [parseLock(now, path), parseLock(old, path)];
    const changes = lockChanges(before, after);
    const holds =
      options.why === undefined
        ? []
        : holdsOfRevert(changes, { until: options.until ?? inDays(30), why: options.why });
    await editConfiguration(join(dirname(path), configurationName), text => holds.reduce(withHold, text));
    await replaceFile(path, old);
    const missing = await missingRecordings(after, options);
    const dockerfiles = await otherDockerfiles(path, before, after, revision);
    printJsonOrText(
      options,
      { lock: path, asOf: after.asOf, changes, holds, missing, dockerfiles },
      [
        changesText(changes),
        ...holds.map(({ name, until }) => `held until ${until}: ${name}`),
        ...missing.map(
          digest =>
            `the store has no recording ${digest}: pull the lock's bytes with \`holdfast store pull\``,
        ),
        ...dockerfiles.map(
          file =>
            `${file} is another than this lock was written for: \`git checkout ${revision} -- ${file}\` brings that back`,
        ),
        `${changeCounts(changes)}; holdfast.lock is as of ${after.asOf} again`,
      ]
        .filter(line => line !== '')
        .join('\n'),
    );
  });
}

interface Earlier {
  readonly text: string;
  readonly revision: string;
}

/**
 * The lock to go back to: that of a revision, else the last that git has and that is another one than there is.
 * @throws HoldfastError REVERT_REVISION, REVERT_NOTHING (exit 2)
 */
async function earlier(path: string, now: string, revision: string | undefined): Promise<Earlier> {
  if (revision !== undefined) return { text: await lockAt(path, revision), revision };
  for (const commit of await commitsOf(path)) {
    const text = await committedText(path, commit).catch(() => now);
    if (text !== now) return { text, revision: commit };
  }
  throw usageError('REVERT_NOTHING', `git has no earlier ${basename(path)}`, {
    next: 'Name the revision that has one with --to.',
  });
}

async function lockAt(path: string, revision: string): Promise<string> {
  try {
    return await committedText(path, revision);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw usageError('REVERT_REVISION', error.message, {
      next: `Name a revision that has the lock: \`git log -- ${basename(path)}\` lists them.`,
      cause: error,
    });
  }
}

/**
 * Dockerfiles that an update, or somebody, wrote since: the earlier lock is stale with them. They are told of and left as
 * they are, since there may be more in them than tags that moved.
 */
async function otherDockerfiles(path: string, before: Lock, after: Lock, revision: string) {
  const known = new Map(before.builds.map(build => [buildKey(build), build.checksum]));
  const stale = after.builds.filter(build => known.get(buildKey(build)) !== build.checksum);
  const found: string[] = [];
  for (const file of new Set(stale.map(({ dockerfile }) => dockerfile))) {
    const place = join(dirname(path), file);
    const [is, was] = [
      await readFile(place, 'utf8').catch(() => undefined),
      await committedText(place, revision).catch(() => undefined),
    ];
    if (was !== undefined && is !== was) found.push(file);
  }
  return found;
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

/** Of the lock's builds those that cannot be built from what is here. */
async function missingRecordings({ builds }: Lock, options: PlaceOptions): Promise<string[]> {
  const { store: root } = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
  const store = await Store.open(root);
  const missing: string[] = [];
  for (const { recording } of builds) if (!(await store.has(recording))) missing.push(recording);
  return missing;
}
