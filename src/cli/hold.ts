import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { configurationName, readConfiguration, type Hold } from '../build/index.ts';
import { errnoOf, usageError } from '../core/index.ts';
import { printable } from '../report/index.ts';
import { withHold, withoutHold } from '../update/index.ts';
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
