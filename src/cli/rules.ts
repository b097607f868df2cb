import type { Command } from 'commander';
import { rules } from '../image/index.ts';
import { printResult } from './common.ts';

export function rulesCommand(program: Command): void {
  program
    .command('rules')
    .description('list the rules that make by-products of steps the same in each build')
    .option('--json', 'the result as JSON on stdout')
    .action((options: { readonly json?: boolean }) => {
      const listed = rules.map(({ id, what, why }) => ({ id, what, why }));
      const text = listed.map(({ id, what, why }) => `${id}: ${what}\n  why: ${why}`).join('\n');
      printResult(options, { rules: listed }, text);
    });
}
