import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLock, type BuildRuntime, type Configuration } from '../build/index.ts';
import type { Digest } from '../core/index.ts';
import { Documents } from '../gateway/index.ts';
import type { Lock } from '../lock/index.ts';
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
import { hostAddress } from './pairs.ts';

export interface LookUpOptions {
  readonly addHost?: readonly string[] | undefined;
  readonly now: Date;
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
  for (const file of files) {
    const { lock, recordings, configuration } = await readLock(file, runtime);
    configurations.push(configuration);
    asked.push({
      file,
      lock,
      recordings,
      holds: configuration.holds,
      feeds: configuration.advisories,
      snapshots: configuration.snapshots,
      ranges: rangesFor(file, lock),
      resolveImage: resolver(runtime),
    });
  }
  return withEffects(configurations, runtime, options, effects => findOutdated(asked, effects));
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

function rangesFor(file: string, { builds }: Lock): AskedLock['ranges'] {
  const texts = [...new Set(builds.map(({ dockerfile }) => join(dirname(file), dockerfile)))]
    .filter(path => existsSync(path))
    .map(path => readFileSync(path, 'utf8'));
  return askedRanges(texts.join('\n'));
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
