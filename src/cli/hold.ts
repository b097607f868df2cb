import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { configurationName, readConfiguration, type Hold } from '../build/index.ts';
import { errnoOf, HoldfastError, usageError } from '../core/index.ts';
import { parseLock, type Lock } from '../lock/index.ts';
import { printable } from '../report/index.ts';
import { holdableIn, unknownHolds, withHold, withoutHold } from '../update/index.ts';
import { placeBeside } from './build-choice.ts';
import { collect } from './collect.ts';
import { printJsonOrText } from './print.ts';

interface HoldOptions {
  readonly until?: string;
  readonly why?: string;
  readonly release?: boolean;
  readonly json?: boolean;
  readonly file?: readonly string[];
}

export function holdCommand(program: Command): void {
  program
    .command('hold')
    .description('keep an input back from updates for a time; without a name, tell what is held')
    .argument('[name]', 'a kind, or an input as the lock names it')
    .argument('[dir]', 'where holdfast.yaml lies', '.')
    .option('--until <date>', 'the last day of it, YYYY-MM-DD')
    .option('--why <text>', 'the reason')
    .option('--release', 'let it move again')
    .option('-f, --file <path>', 'the compose file that holdfast.yaml lies beside', collect)
    .option('--json', 'the result as JSON on stdout')
    .action(async (name: string | undefined, directory: string, options: HoldOptions) => {
      const path = join(placeBeside(directory, options), configurationName);
      if (name !== undefined)
        await editConfiguration(path, text =>
          options.release === true ? withoutHold(text, name) : withHold(text, holdFrom(name, options)),
        );
      const { holds } = await readConfiguration(path);
      if (name !== undefined && options.release !== true)
        await tellUnknown(
          holds.filter(hold => hold.name === name),
          join(dirname(path), 'holdfast.lock'),
        );
      const today = new Date().toISOString().slice(0, 10);
      printJsonOrText(
        options,
        { holds },
        holds.length === 0 ? 'nothing is held' : holds.map(one => lineOf(one, today)).join('\n'),
      );
    });
}

/** Applies an edit to holdfast.yaml, which is made if it is not there, and read again before it is written. */
export async function editConfiguration(path: string, edit: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  await readConfiguration(path);
  const edited = edit(text);
  if (edited !== text) await writeFile(path, edited);
}

/** A slip holds nothing. What came with a base image has no line in the lock, and can be held. */
async function tellUnknown(holds: readonly Hold[], lockPath: string): Promise<void> {
  const lock = await lockIfSound(lockPath);
  if (lock === undefined) return;
  for (const { name, near } of unknownHolds(holds, holdableIn(lock))) {
    const meant = near === undefined ? '' : ` Did you mean ${printable(near)}?`;
    process.stderr.write(
      `note: holdfast.lock names no ${printable(name)}: this holds nothing, unless it came with a base image.${meant}\n`,
    );
  }
}

/** Of a lock that cannot be read other commands tell: a hold does not need it. */
async function lockIfSound(path: string): Promise<Lock | undefined> {
  try {
    return parseLock(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof HoldfastError || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function holdFrom(name: string, { until, why }: HoldOptions): Hold {
  if (until === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(until) || Number.isNaN(Date.parse(until)))
    throw usageError('HOLD_UNTIL', `until when ${name} is held is not said`, {
      next: 'Add --until YYYY-MM-DD: a hold without an end would hide what is missing for ever.',
    });
  if (why === undefined || why.trim() === '')
    throw usageError('HOLD_WHY', `why ${name} is held is not said`, {
      next: 'Add --why TEXT, for whoever finds it later.',
    });
  return { name, until, why };
}

function lineOf({ name, until, why }: Hold, today: string): string {
  return `${printable(name)} until ${until}${until < today ? ', expired' : ''}: ${printable(why)}`;
}
