import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { FeedPlaces } from '../advisories/index.ts';
import { errnoOf, messageOf, usageError } from '../core/index.ts';
import { parseLocation, type Mirror, type MirrorRule, type Transport } from '../registry/index.ts';
import { snapshotArchives, type Snapshots } from '../kinds/index.ts';
import { parsePlace } from '../share/index.ts';

/** `holdfast.yaml`: what a project settles once for all who build it. */
export interface Configuration {
  /** URLs of what could not be locked and may be done without, in a build from the lock too. */
  readonly allowUnlocked: readonly string[];
  /** What updates leave as it is. */
  readonly holds: readonly Hold[];
  /** Where the blobs of the lock are shared; asked for what the store lacks. */
  readonly remote?: Transport | undefined;
  readonly mirrors: readonly MirrorRule[];
  /** Base URLs of archives' pasts, by the archive's name, in place of the public services. */
  readonly snapshots?: Snapshots | undefined;
  /** Registries that may be spoken to without TLS. */
  readonly plainHttp: readonly string[];
  /** Where advisories are, in place of the public feeds. */
  readonly advisories: FeedPlaces;
  /** Where it is kept when a version was seen first, in place of beside the store. */
  readonly firstSeen?: string | undefined;
}

/** A kind, or an input as the lock names it, that is not to move for a time. */
export interface Hold {
  readonly name: string;
  /** The last day of it: `YYYY-MM-DD`, UTC. */
  readonly until: string;
  readonly why: string;
}

export const configurationName = 'holdfast.yaml';

/** `HOST/PATH`, or that and how to speak to it. */
const mirrorSchema = z.union([
  z.string().transform(location => ({ location })),
  z.strictObject({
    location: z.string(),
    'plain-http': z.boolean().optional(),
    ca: z.string().optional(),
  }),
]);

/** Paths from the file, or URLs. */
const feeds = z.array(z.string().min(1));

const schema = z.strictObject({
  unlocked: z.strictObject({ allow: z.array(z.string()).optional() }).optional(),
  remote: z.string().optional(),
  'plain-http': z.array(z.string()).optional(),
  mirrors: z.record(z.string(), z.array(mirrorSchema).min(1)).optional(),
  snapshots: z.partialRecord(z.enum(snapshotArchives), z.url({ protocol: /^https?$/ })).optional(),
  hold: z
    .array(z.strictObject({ name: z.string().min(1), until: z.iso.date(), why: z.string().min(1) }))
    .optional(),
  advisories: z
    .strictObject({
      osv: feeds.optional(),
      debian: feeds.optional(),
      alpine: feeds.optional(),
      npm: feeds.optional(),
      vex: feeds.optional(),
    })
    .optional(),
  'first-seen': z.string().min(1).optional(),
  /** Read by `check` alone. */
  check: z.unknown().optional(),
});

/**
 * The configuration at `path`; the usual one where there is no such file.
 * @throws HoldfastError CONFIGURATION_INVALID, TRANSPORT_INVALID, REFERENCE_INVALID, MIRROR_INVALID (exit 2)
 */
export async function readConfiguration(path: string): Promise<Configuration> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw invalid(messageOf(error));
  });
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(fault.message.split('\n')[0] ?? 'no YAML');
  const read = schema.safeParse(document.toJS() ?? {});
  if (read.success) return configurationOf(read.data, dirname(path));
  const [issue] = read.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function configurationOf(read: z.infer<typeof schema>, home: string): Configuration {
  const { unlocked, hold = [], remote, mirrors = {}, snapshots, 'plain-http': plainHttp = [] } = read;
  const { advisories = {}, 'first-seen': firstSeen } = read;
  return {
    allowUnlocked: unlocked?.allow ?? [],
    holds: hold,
    plainHttp,
    advisories: Object.fromEntries(
      Object.entries(advisories).map(([sort, places]) => [sort, places.map(place => placeAt(home, place))]),
    ),
    ...(firstSeen !== undefined && { firstSeen: resolve(home, firstSeen) }),
    snapshots,
    ...(remote !== undefined && { remote: remoteAt(home, remote) }),
    mirrors: Object.entries(mirrors).map(([prefix, list]) => ({
      prefix: parseLocation(prefix),
      mirrors: list.map(mirror => mirrorAt(home, mirror)),
    })),
  };
}

function placeAt(home: string, place: string): string {
  return /^https?:\/\//.test(place) ? place : resolve(home, place);
}

function remoteAt(home: string, text: string): Transport {
  const place = parsePlace(text);
  return place.kind === 'oci' ? { ...place, directory: resolve(home, place.directory) } : place;
}

function mirrorAt(home: string, { location, ...how }: z.infer<typeof mirrorSchema>): Mirror {
  const { 'plain-http': plainHttp, ca }: { 'plain-http'?: boolean | undefined; ca?: string | undefined } =
    how;
  return {
    location: parseLocation(location),
    ...(plainHttp !== undefined && { plainHttp }),
    ...(ca !== undefined && { ca: resolve(home, ca) }),
  };
}

const invalid = (cause: string) =>
  usageError('CONFIGURATION_INVALID', `${configurationName}: ${cause}`, {
    next: 'See docs/lockfile.md, docs/sharing.md and docs/outdated.md for what may stand in it.',
  });
