import { existsSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Option, type Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import {
  checkFiles,
  counts,
  discover,
  fixNamed,
  formatBaseline,
  isExcluded,
  readBaseline,
  readProject,
  readText,
  ruleOf,
  rules,
  withBaseline,
  withComposeBuilds,
  type CheckProject,
  type CheckSettings,
  type FileResult,
  type FixEffects,
  type FixedOnline,
} from '../check/index.ts';
import { exitCodes, usageError } from '../core/index.ts';
import { didYouMean } from '../dockerfile/index.ts';
import {
  findingsGithub,
  findingsJson,
  findingsMarkdown,
  findingsSarif,
  findingsText,
  rulePage,
  type ReportInput,
} from '../report/findings/index.ts';
import { placesFor } from './environment.ts';

const formats = ['text', 'json', 'sarif', 'github', 'markdown'] as const;

interface CheckOptions {
  readonly format: (typeof formats)[number];
  readonly profile?: CheckSettings['profile'];
  readonly verbose?: boolean;
  readonly fix?: boolean;
  readonly online?: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly explain?: string;
}

export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('find what can drift in Dockerfiles')
    .argument('[path...]', 'Dockerfiles, and directories that are searched for them', ['.'])
    .addOption(new Option('--format <format>', 'how findings are written').choices(formats).default('text'))
    .addOption(
      new Option('--profile <profile>', 'what is looked for; default all').choices([
        'reproducible',
        'secure',
        'all',
      ]),
    )
    .option('--verbose', 'every finding, not the three rules that matter most')
    .option('--fix', 'mend what is safe to mend, with the digests of a holdfast.lock beside the file')
    .option('--online', 'with --fix, ask registries, servers and git hosts for what no lock holds')
    .option('--baseline <file>', 'findings that are known and do not count')
    .option('--write-baseline', 'take all findings for known')
    .option('--explain <rule>', 'tell of a rule')
    .action(async (paths: readonly string[], options: CheckOptions) => {
      if (options.explain !== undefined) process.stdout.write(rulePage(ruleNamed(options.explain)));
      else await check(paths, options);
    });
}

async function check(paths: readonly string[], options: CheckOptions): Promise<void> {
  const project = await readProject('.', options);
  const found = await withComposeBuilds(discover(paths));
  const files = found.filter(path => !isExcluded(path, project.exclude));
  if (files.length === 0)
    throw usageError('CHECK_NOTHING', `there is no Dockerfile in ${paths.join(', ')}`, {
      next: 'Name a Dockerfile; in directories, Dockerfile, Dockerfile.*, *.Dockerfile and Containerfile are found.',
    });
  if (options.online === true && options.fix !== true)
    throw usageError('CHECK_ONLINE', '--online is for --fix: nothing else needs a network', {
      next: 'Write `holdfast check --fix --online`.',
    });
  if (options.fix === true) await fixAll(files, project.settings, options.online === true);
  const byName = new Map(files.map(path => [nameOf(path), path]));
  const results = await checkFiles(
    files.map(path => ({ path, name: nameOf(path) })),
    project.settings,
  );
  if (options.writeBaseline === true) return writeBaseline(results, project);
  const { baselinePath } = project;
  const judged = baselinePath === undefined ? results : withBaseline(results, readBaseline(baselinePath));
  process.stdout.write(
    report(
      {
        results: judged,
        textOf: textsOf(byName),
        version: manifest.version,
        hasBaseline: baselinePath !== undefined,
      },
      options,
    ),
  );
  const counted = judged.some(({ findings }) => findings.some(one => counts(one) && one.severity !== 'note'));
  if (counted) process.exitCode = exitCodes.findings;
}

function report(input: ReportInput, { format, verbose = false }: CheckOptions): string {
  switch (format) {
    case 'text':
      return findingsText(input, { verbose, colour: isColourful() });
    case 'json':
      return findingsJson(input);
    case 'sarif':
      return findingsSarif(input);
    case 'github':
      return findingsGithub(input);
    case 'markdown':
      return findingsMarkdown(input);
  }
}

function isColourful(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  return !NO_COLOR && (Boolean(FORCE_COLOR) || process.stdout.isTTY === true);
}

async function fixAll(files: readonly string[], settings: CheckSettings, online: boolean): Promise<void> {
  const written = await whatDockerPulls();
  if (!online) {
    for (const path of files) await fix(path, settings, { written });
    return;
  }
  // Whoever asks nobody shall not wait for what asks.
  const { tellFailure, withLookUp } = await import('./look-up.ts');
  await withLookUp(async lookUp => {
    for (const path of files)
      for (const failure of await fix(path, settings, { written, lookUp })) tellFailure(failure);
  });
}

/** The digest of an image that the store alone has is of no use in a file; without a store there is none. */
async function whatDockerPulls(): Promise<NonNullable<FixEffects['written']>> {
  if (!existsSync(join(placesFor({}, process.env).store, 'index.json'))) return locked => locked;
  const { pullable, storeImages } = await import('../pin/index.ts');
  const { openStore } = await import('./store-common.ts');
  const images = await storeImages(await openStore({}));
  return locked => pullable(locked, images);
}

/** @returns what could not be looked up */
async function fix(
  path: string,
  settings: CheckSettings,
  effects: FixEffects,
): Promise<FixedOnline['failed']> {
  const read = readText(path);
  if ('unread' in read) return [];
  const name = nameOf(path);
  const { text, fixed, failed } = await fixNamed(read.text, { path, name }, settings, effects);
  if (text !== read.text) writeFileSync(path, text, read.encoding);
  for (const { rule, range, fix: done } of fixed)
    process.stderr.write(`fixed ${name}:${range.line} ${rule}: ${done?.title ?? ''}\n`);
  return failed;
}

function writeBaseline(results: readonly FileResult[], { baselinePath }: CheckProject): void {
  const path = baselinePath ?? 'holdfast-baseline.json';
  writeFileSync(path, formatBaseline(results));
  process.stderr.write(`wrote ${path}\n`);
}

/** As people and code scanning name a file: from here, with slashes. */
function nameOf(path: string): string {
  return (relative('.', path) || path).split(sep).join('/');
}

/** The last file's text is kept: findings come file by file. */
function textsOf(byName: ReadonlyMap<string, string>): ReportInput['textOf'] {
  let last: { readonly file: string; readonly text: string | undefined } | undefined;
  return file => {
    if (last?.file === file) return last.text;
    const read = readText(byName.get(file) ?? file);
    last = { file, text: 'unread' in read ? undefined : read.text };
    return last.text;
  };
}

function ruleNamed(id: string) {
  const rule = ruleOf(id);
  if (rule !== undefined) return rule;
  const ids = rules.map(one => one.id);
  const near = didYouMean(id, ids);
  throw usageError('CHECK_RULE', `there is no rule "${id}"`, {
    next: near === undefined ? `Use one of ${ids.join(', ')}.` : `Did you mean ${near}?`,
  });
}
