import { existsSync, writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { compareImages, type ImageComparison, type ImagePlace } from '../build/index.ts';
import {
  exitCodes,
  HoldfastError,
  hostPlatform,
  isDigest,
  parsePlatform,
  usageError,
  type Digest,
} from '../core/index.ts';
import { inputsBySection, parseLock, type Lock } from '../lock/index.ts';
import { familiarReference, parseCopyPlace, parseReference, withDefaultTag } from '../registry/index.ts';
import { changeCounts, changesText, comparisonPage, comparisonText, locksPage } from '../report/index.ts';
import { lockChanges } from '../update/index.ts';
import { addPlaceOptions, type PlaceOptions, printResult, runBuild } from './common.ts';
import { addServiceChoice, chosenBuilds, type ServiceChoice } from './build-choice.ts';
import { narrowedLock } from './locked-build.ts';
import { lockText } from './lock-text.ts';
import { openStore } from './store-common.ts';

interface DiffOptions extends PlaceOptions, ServiceChoice {
  readonly platform?: string;
  readonly verbose?: boolean;
  readonly format: (typeof formats)[number];
  readonly html?: string;
}

const formats = ['text', 'json', 'html'] as const;

type Side = { readonly lock: Lock } | { readonly image: ImagePlace };

/** Both locks, or what they have of the services that are named, of which one of them may not know. */
async function narrowed(locks: readonly [Lock, Lock], options: DiffOptions): Promise<[Lock, Lock]> {
  const { file, service } = options;
  if (file === undefined && service === undefined) return [...locks];
  const builds = locks.flatMap(lock => lock.builds);
  const names = (service ?? []).filter(name => !builds.some(build => build.service === name));
  if (names.length > 0) chosenBuilds(builds, { service: names });
  const [a, b] = await Promise.all(
    locks.map(async lock => {
      const known = service?.filter(name => lock.builds.some(build => build.service === name));
      if (known?.length === 0) return { ...lock, builds: [], inputs: inputsBySection([]) };
      return narrowedLock(lock, { ...options, file, service: known });
    }),
  );
  return [a ?? locks[0], b ?? locks[1]];
}

export function diffCommand(program: Command): void {
  const command = program
    .command('diff')
    .description('tell two locks apart, or two images')
    .argument(
      '<a>',
      'a lock: its path, or REVISION:PATH of git; an image: docker://REF, oci:DIR[:TAG], docker-archive:FILE[:REF], or another place that `copy` takes; a name or sha256:… of the store',
    )
    .argument('<b>', 'what it is compared with, of the same sort')
    .option('--platform <os/arch>', 'of an index, the image that is compared; default this machine’s')
    .option('--verbose', 'every file, not the first of each step')
    .addOption(new Option('--format <format>', 'of what goes to stdout').choices(formats).default('text'))
    .option('--html <file>', 'write a page for a browser as well');
  addPlaceOptions(addServiceChoice(command)).action(async (a: string, b: string, given: DiffOptions) => {
    const options = { ...given, json: given.json === true || given.format === 'json' };
    const [left, right] = [await sideOf(a, options), await sideOf(b, options)];
    const differs =
      'lock' in left && 'lock' in right
        ? diffLocks([a, b], ...(await narrowed([left.lock, right.lock], options)), options)
        : 'image' in left && 'image' in right
          ? await diffImages([left.image, right.image], options)
          : refuseMixed();
    if (differs) process.exitCode = exitCodes.findings;
  });
}

function refuseMixed(): never {
  throw usageError('DIFF_MIXED', 'a lock and an image cannot be compared', {
    next: 'Name two locks, or two images.',
  });
}

function diffLocks(names: readonly [string, string], a: Lock, b: Lock, options: DiffOptions): boolean {
  const changes = lockChanges(a, b);
  const text = [changesText(changes), changeCounts(changes)].filter(part => part !== '').join('\n');
  print(options, { same: changes.length === 0, changes }, text, () => locksPage(names, changes));
  return changes.length > 0;
}

async function diffImages(places: readonly [ImagePlace, ImagePlace], options: DiffOptions): Promise<boolean> {
  if (options.file !== undefined || options.service !== undefined)
    throw usageError('DIFF_SERVICE', '--file and --service choose of a lock, and these are images', {
      next: 'Leave them out, or name two locks.',
    });
  const platform = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform);
  const comparison: ImageComparison = await runBuild(options, runtime =>
    compareImages(places, platform, runtime, {
      packages: true,
      texts: asPage(options),
      environment: process.env,
    }),
  );
  const text = comparisonText(comparison, options.verbose === true);
  print(options, comparison, text, () => comparisonPage(comparison));
  return !comparison.sameContent;
}

const asPage = ({ html, format }: DiffOptions) => html !== undefined || format === 'html';

function print(options: DiffOptions, json: object, text: string, page: () => string): void {
  const shown = asPage(options) ? page() : '';
  if (options.html !== undefined) writeFileSync(options.html, shown);
  if (options.format === 'html') process.stdout.write(shown);
  else printResult(options, json, text);
}

/** @throws HoldfastError DIFF_UNREADABLE (exit 2), and what parseLock and parseCopyPlace throw */
async function sideOf(text: string, options: PlaceOptions): Promise<Side> {
  if (isDigest(text)) return { image: text };
  if (/^(?:docker|oci|oci-archive|docker-archive|docker-daemon|dir):/.test(text))
    return { image: parseCopyPlace(text) };
  const image = existsSync(text) ? undefined : await namedInStore(text, options);
  if (image !== undefined) return { image };
  const lock = await lockText(text).catch((error: unknown) => {
    if (!(error instanceof HoldfastError) || existsSync(text)) throw error;
    const inGit = text.includes(':') ? `and of git: ${error.message}` : 'and no REVISION:PATH of git';
    throw usageError('DIFF_UNREADABLE', `${text} is no file, no image of the store, ${inGit}`, {
      next: 'Name a holdfast.lock, or REVISION:PATH of one in git; or an image, one of a registry as docker://REF.',
      cause: error,
    });
  });
  return { lock: parseLock(lock, text) };
}

/** The image of a name as `build -t` and `base` give it; nothing where the store has none, or it can be no name. */
async function namedInStore(text: string, options: PlaceOptions): Promise<Digest | undefined> {
  let name: string;
  try {
    name = familiarReference(withDefaultTag(parseReference(text)));
  } catch {
    return undefined; // A revision of git and a path.
  }
  return (await (await openStore(options)).tagged(name))?.digest;
}
