import { Option, type Command } from 'commander';
import { exitOf, type OutdatedReport } from '../outdated/index.ts';
import { outdatedJson, outdatedMarkdown, outdatedText } from '../report/outdated/index.ts';
import { addServiceChoice, placeBeside, type ServiceChoice } from './build-choice.ts';
import { collect } from './collect.ts';
import { addPlaceOptions, runBuild, type PlaceOptions } from './common.ts';
import { placesFor } from './environment.ts';
import { lockFilesAt } from './lock-files.ts';
import { lookUpLocks } from './look-up-locks.ts';

const formats = ['text', 'json', 'markdown'] as const;

interface OutdatedOptions extends PlaceOptions, ServiceChoice {
  readonly format: (typeof formats)[number];
  readonly verbose?: boolean;
  readonly addHost?: readonly string[];
  readonly remote?: readonly string[];
  readonly pull?: boolean;
}

export function outdatedCommand(program: Command): void {
  const command = program
    .command('outdated')
    .description('tell what has moved upstream since, and which moves close a vulnerability')
    .argument('[dir...]', 'locks, and directories that are searched for them', ['.'])
    .addOption(new Option('--format <format>', 'how it is written').choices(formats).default('text'))
    .option('--verbose', 'what is closed, of no weight, or of the base image too')
    .option('--add-host <name:address>', 'reach NAME at ADDRESS', collect)
    .option('--remote <place>', 'where blobs are shared that the store lacks', collect)
    .option('--pull', 'ask the registry what a tag names, though the store has the name');
  addPlaceOptions(addServiceChoice(command)).action(outdated);
}

async function outdated(paths: readonly string[], options: OutdatedOptions): Promise<void> {
  const files = lockFilesAt(paths.map(path => placeBeside(path, options)));
  const { file, service } = options;
  const places = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
  const report = await runBuild(options, runtime =>
    lookUpLocks(files, runtime, {
      addHost: options.addHost,
      now: runtime.now(),
      places,
      choice: { file, service },
    }),
  );
  process.stdout.write(written(report, options));
  process.exitCode = exitOf(report);
}

function written(report: OutdatedReport, { format, json, verbose = false }: OutdatedOptions): string {
  if (json === true || format === 'json') return outdatedJson(report);
  if (format === 'markdown') return outdatedMarkdown(report);
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const colour = !NO_COLOR && (Boolean(FORCE_COLOR) || process.stdout.isTTY === true);
  return outdatedText(report, { colour, verbose });
}
