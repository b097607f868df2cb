import { dirname, join } from 'node:path';
import {
  bringImage,
  readLock,
  type BuildRuntime,
  type Configuration,
  type ReadLock,
} from '../build/index.ts';
import { HoldfastError, parsePlatform, staleError, usageError, type Digest } from '../core/index.ts';
import { Documents } from '../gateway/index.ts';
import { inputsBySection, type BuildEntry, type Lock, type Recording } from '../lock/index.ts';
import {
  askedRanges,
  findOutdated,
  FirstSeenLedger,
  keptDocuments,
  type AskedLock,
  type OutdatedEffects,
  type OutdatedReport,
} from '../outdated/index.ts';
import { parseReference, withDefaultTag, familiarReference } from '../registry/index.ts';
import { upgradedBy } from '../update/index.ts';
import { chosenBuilds, isComposeFile, type ServiceChoice } from './build-choice.ts';
import { lockedDockerfiles, type LockedDockerfile } from './locked-dockerfiles.ts';
import { hostAddress } from './pairs.ts';

export interface LookUpOptions {
  readonly addHost?: readonly string[] | undefined;
  readonly now: Date;
  /** Of which builds of the locks; of all, where this is left out. */
  readonly choice?: ServiceChoice;
  /** The directories of the store and the cache. */
  readonly places: { readonly store: string; readonly cache: string };
}

/** Looks up what some locks hold, with what their configurations say. */
export async function lookUpLocks(
  files: readonly string[],
  runtime: BuildRuntime,
  options: LookUpOptions,
): Promise<OutdatedReport> {
  const asked: AskedLock[] = [];
  const configurations: Configuration[] = [];
  const read: [string, ReadLock][] = [];
  for (const file of files) read.push([file, await readLock(file, runtime)]);
  const chosen = new Set(
    chosenBuilds(
      read.flatMap(([, { lock }]) => lock.builds),
      options.choice ?? {},
    ),
  );
  if (chosen.size === 0) throw nothingChosen(files);
  for (const [file, whole] of read) {
    if (!whole.lock.builds.some(build => chosen.has(build))) continue;
    const { lock, recordings, configuration } = narrowed(whole, chosen, file);
    const composeFiles = (options.choice?.file ?? []).filter(isComposeFile);
    const dockerfiles = lockedDockerfiles(file, lock.builds, composeFiles);
    configurations.push(configuration);
    asked.push({
      file,
      lock,
      isPart: lock.builds.length < whole.lock.builds.length,
      recordings,
      holds: configuration.holds,
      feeds: configuration.advisories,
      snapshots: configuration.snapshots,
      ranges: askedRanges(new Set(dockerfiles.flatMap(one => one?.dockerfile ?? []))),
      upgraded: await upgradedInEach(lock.builds, dockerfiles, recordings, runtime),
      resolveImage: resolver(runtime),
      bringImage: bringer(lock, runtime),
    });
  }
  return withEffects(configurations, runtime, options, effects => findOutdated(asked, effects));
}

function upgradedInEach(
  builds: readonly BuildEntry[],
  dockerfiles: readonly (LockedDockerfile | undefined)[],
  recordings: readonly Recording[],
  { store }: BuildRuntime,
): Promise<ReadonlySet<string>[]> {
  const none = Promise.resolve(new Set<string>());
  const each = builds.map((build, n) => {
    const own = dockerfiles[n];
    return own ? upgradedBy(build, { ...own, images: recordings[n]?.images ?? [] }, store) : none;
  });
  return Promise.all(each);
}

/** What a lock has of the builds that are asked about. @throws HoldfastError RECORDING_MISSING (exit 3) */
function narrowed(whole: ReadLock, chosen: ReadonlySet<BuildEntry>, file: string): ReadLock {
  const { lock, recordings } = whole;
  const own = lock.builds.flatMap((build, n) =>
    chosen.has(build) ? [{ build, recording: recordings[n] }] : [],
  );
  if (own.length === lock.builds.length) return whole;
  const found = own.flatMap(({ recording }) => recording ?? []);
  if (found.length < own.length)
    throw staleError('RECORDING_MISSING', `which of the builds of ${file} took which input, no place knows`, {
      next: 'Get the recordings with `holdfast store pull`, or leave out --service and --file.',
    });
  const inputs = inputsBySection(found.flatMap(recording => recording.inputs));
  return { ...whole, lock: { ...lock, builds: own.map(({ build }) => build), inputs }, recordings: found };
}

function nothingChosen(files: readonly string[]) {
  return usageError('BUILD_NOT_CHOSEN', `${files.join(', ')} has no build that was asked about`, {
    next: 'Name a Dockerfile as the lock does, a compose file, or a service.',
  });
}

/** Opens what look-ups need, and writes down what was seen first. */
export async function withEffects<Result>(
  configurations: readonly Configuration[],
  { store, note }: BuildRuntime,
  { addHost = [], now, places }: LookUpOptions,
  use: (effects: OutdatedEffects) => Promise<Result>,
): Promise<Result> {
  const documents = new Documents({
    environment: process.env,
    addHosts: new Map(addHost.map(hostAddress)),
    namedHosts: configurations.flatMap(hostsNamed),
  });
  const cache = join(places.cache, 'outdated');
  const path = configurations.map(({ firstSeen }) => firstSeen).find(one => one !== undefined);
  const ledger = await FirstSeenLedger.open(path ?? join(dirname(places.store), 'first-seen.json'), now);
  const once = new Map<string, Promise<unknown>>();
  try {
    const result = await use({
      store,
      cache,
      ledger,
      now,
      fetch: (url, headers) => documents.get(url, headers),
      once: <Value>(key: string, make: () => Promise<Value>) => {
        const known = once.get(key) ?? make();
        once.set(key, known);
        return known as Promise<Value>;
      },
      feeds: keptDocuments(documents, join(cache, 'feeds')),
      onNote: note,
    });
    await ledger.save();
    return result;
  } finally {
    await documents.close();
  }
}

/** What the user wrote down may be on this machine. */
function hostsNamed({ advisories, snapshots = {} }: Configuration): string[] {
  const places = [...Object.values(advisories).flat(), ...Object.values(snapshots)];
  return places.flatMap(place => URL.parse(place ?? '')?.hostname ?? []);
}

/** As a build resolves a name: what the store calls so comes before any registry. */
function resolver({
  store,
  registry,
  places,
  pull,
}: BuildRuntime): (reference: string) => Promise<Digest | undefined> {
  return async text => {
    const reference = withDefaultTag(parseReference(text));
    const held = await store.tagged(familiarReference(reference));
    if (held !== undefined && !pull) return held.digest;
    const client = await registry();
    for (const place of places.placesOf(reference)) {
      const found = await client.manifestDescriptor(place);
      if (found !== undefined) return found.digest;
    }
    return undefined;
  };
}

/** An image for one of the lock's platforms, the first that it has. */
function bringer({ builds }: Lock, runtime: BuildRuntime): AskedLock['bringImage'] {
  const platforms = [...new Set(builds.map(({ platform }) => platform))].map(parsePlatform);
  return async (reference, digest) => {
    for (const [n, platform] of platforms.entries()) {
      try {
        return await bringImage(reference, digest, platform, runtime);
      } catch (error) {
        const isLast = n === platforms.length - 1;
        if (isLast || !(error instanceof HoldfastError) || error.code !== 'REGISTRY_NO_PLATFORM') throw error;
      }
    }
    throw new TypeError('a lock has a build, and that a platform');
  };
}
