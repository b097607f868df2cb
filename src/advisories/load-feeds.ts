import { readFile } from 'node:fs/promises';
import { HoldfastError, messageOf, upstreamError } from '../core/index.ts';
import type { UpstreamDocument } from '../kinds/index.ts';
import { alpineSecdb } from './alpine-secdb.ts';
import { debianTracker } from './debian-tracker.ts';
import { placesFor, type FeedPlaces } from './feed-places.ts';
import type { Judge } from './judge.ts';
import { auditRequest, npmAudit } from './npm-audit.ts';
import { osvFeed } from './osv/osv-feed.ts';
import { recordsAt, recordsIn, type WantedNames } from './osv/read-records.ts';
import { plainName } from './plain-name.ts';
import type { Feed } from './statement.ts';
import { namedIn, type Subject } from './subject.ts';
import { readVex, type VexStatement } from './vex/vex.ts';

/** A feed that did not answer, or not with what it should. Its advisories are missing. */
export interface FeedFailure {
  readonly feed: string;
  readonly code: string;
  readonly why: string;
}

export interface LoadedFeeds extends Judge {
  readonly failures: readonly FeedFailure[];
}

export interface FeedEffects {
  /** A whole document, kept between runs; `stale` says why it may be an old one. @throws HoldfastError (exit 5) */
  readonly fetch: (url: string) => Promise<{ readonly bytes: Buffer; readonly stale?: string }>;
  /** @throws HoldfastError (exit 5) */
  readonly post: (url: string, body: Buffer) => Promise<UpstreamDocument>;
}

/**
 * Loads what there is to know of some packages, each feed once. A feed that fails is told of, and the others count.
 * @param npmRegistries where the packages of kind npm came from
 * @throws HoldfastError VEX_INVALID (exit 2)
 */
export async function loadFeeds(
  places: FeedPlaces,
  subjects: readonly Subject[],
  npmRegistries: readonly string[],
  effects: FeedEffects,
): Promise<LoadedFeeds> {
  const { osv, debian, alpine, npm, vex } = placesFor(places, subjects, npmRegistries);
  const named = subjects.flatMap(subject => namedIn(subject) ?? []);
  const wanted: WantedNames = new Set(named.map(({ name }) => plainName(name)));
  const failures: FeedFailure[] = [];
  const load = async (name: string, make: () => Promise<Feed | undefined>): Promise<Feed[]> => {
    try {
      return [(await make()) ?? []].flat();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      failures.push({ feed: name, code: error.code, why: withoutPlace(error.message, name) });
      return [];
    }
  };
  const bytesAt = async (place: string) => {
    if (!isUrl(place)) return bytesOfFile(place);
    const { bytes, stale } = await effects.fetch(place);
    if (stale !== undefined)
      failures.push({ feed: place, code: 'ADVISORY_FEED_STALE', why: withoutPlace(stale, place) });
    return bytes;
  };
  const loaded = await Promise.all([
    ...debian.map(place => load(place, async () => debianTracker('Debian tracker', await bytesAt(place)))),
    ...alpine.map(place =>
      load(place, async () => alpineSecdb(`Alpine secdb ${repositoryOf(place)}`, await bytesAt(place))),
    ),
    ...npm.map(registry => load(registry, () => auditOf(registry, subjects, effects))),
    ...osv.map(place =>
      load(place, async () => {
        const records = isUrl(place)
          ? recordsIn(await bytesAt(place), place, wanted)
          : await recordsAt(place, wanted);
        return osvFeed(osvName(place), records);
      }),
    ),
  ]);
  const statements: VexStatement[] = [];
  for (const place of vex) statements.push(...readVex(await bytesAt(place), place));
  return { feeds: loaded.flat(), vex: statements, failures };
}

async function auditOf(
  registry: string,
  subjects: readonly Subject[],
  { post }: FeedEffects,
): Promise<Feed | undefined> {
  const request = auditRequest(subjects);
  if (request === undefined) return undefined;
  const url = `${registry.replace(/\/+$/, '')}/-/npm/v1/security/advisories/bulk`;
  const { status, body } = await post(url, Buffer.from(JSON.stringify(request)));
  const feed = status === 200 ? npmAudit('npm', body) : undefined;
  if (feed !== undefined) return feed;
  const other = '`advisories.npm` of holdfast.yaml names one that does';
  const reason =
    status === 200 ? 'gave no advisories' : `answered ${status}: the registry does not serve npm's audit`;
  throw upstreamError('ADVISORY_FEED_INVALID', `${url} ${reason}; ${other}`, {
    next: 'Name a registry that has them in `advisories.npm` of holdfast.yaml, or an osv feed and `npm: []`.',
  });
}

/** A message begins with the URL that was asked, which may be the feed's own place, or below it. */
function withoutPlace(message: string, place: string): string {
  return message.startsWith(place) ? message.slice(place.length).trimStart() : message;
}

const isUrl = (place: string) => /^https?:\/\//.test(place);

async function bytesOfFile(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw upstreamError('ADVISORY_FEED_MISSING', `the feed ${path} cannot be read: ${messageOf(error)}`, {
      next: 'See `advisories` in holdfast.yaml.',
      cause: error,
    });
  });
}

const repositoryOf = (place: string) => /([^/]+)\.json$/.exec(place)?.[1] ?? place;

/** A feed of osv.dev is known by its name, any other by its place. */
function osvName(place: string): string {
  const ecosystem = /osv-vulnerabilities[^/]*\/([^/]+)\/all\.zip$/.exec(place)?.[1];
  return ecosystem === undefined ? `OSV (${place.replace(/^.*\/(?=[^/]+\/?$)/, '')})` : 'OSV';
}
