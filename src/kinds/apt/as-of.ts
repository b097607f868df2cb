/** What an archive's index was on a date: the live answer while the suite has not moved, a snapshot's afterwards. */

import type { IncomingHttpHeaders } from 'node:http';
import { HoldfastError, upstreamError } from '../../core/index.ts';
import type { AsOfAnswer, AsOfContext, NewRequest, UpstreamDocument } from '../kind.ts';
import { suiteRequest, type SuiteRequest } from './archive-urls.ts';
import { Memo } from './memo.ts';
import { parseRelease, type Release } from './release.ts';
import { unverifiedText } from './signature.ts';
import {
  archiveAtPath,
  archiveOfRelease,
  firstDayOf,
  nextSnapshot,
  snapshotUrl,
  type SnapshotArchive,
  type SnapshotServices,
} from './snapshots.ts';

const redirectLimit = 5;

/** More suites than any build has sources; a process that builds many forgets the oldest. */
const suiteLimit = 256;

/**
 * Answers for new requests. Whether a suite has moved is asked once for each suite and date, not for each of its files.
 * Signatures are for apt to verify, in the step: what is answered here can make it refuse, not believe.
 */
export function aptAsOf(
  usual: SnapshotServices,
): (request: NewRequest, context: AsOfContext) => Promise<AsOfAnswer | undefined> {
  const pasts = new Memo<string | undefined>(suiteLimit);
  return async ({ key }, context) => {
    const index = key.method === 'GET' || key.method === 'HEAD' ? suiteRequest(key.url) : undefined;
    if (index === undefined) return undefined;
    const services = { ...usual, ...context.snapshots };
    const memoKey = `${context.asOf.toISOString()} ${index.directory}`;
    const base = await pasts.get(memoKey, () => snapshotsOf(index, services, context));
    return base === undefined ? undefined : pastAnswer(base, index, context);
  };
}

/** Base URL of the snapshots that the suite must be taken from; nothing where the live answer is right, or there are none. */
async function snapshotsOf(
  index: SuiteRequest,
  services: SnapshotServices,
  context: AsOfContext,
): Promise<string | undefined> {
  const url = `${index.directory}InRelease`;
  const present = await followed(url, context);
  if (isAbsent(present)) return snapshotsOfGone(index, services, context);
  const release = present.status === 200 ? readable(present.body, url) : undefined;
  if (release === undefined || release.date <= context.asOf) return undefined;
  return baseOf(archiveOfRelease(release), services);
}

/** Distributions take suites down at the end of their life. Only the snapshot itself can say then what it was. */
async function snapshotsOfGone(
  { archive, directory }: SuiteRequest,
  services: SnapshotServices,
  context: AsOfContext,
): Promise<string | undefined> {
  const name = archiveAtPath(archive);
  const base = baseOf(name, services);
  if (base === undefined) return undefined;
  const url = snapshotUrl(base, context.asOf, `${directory.slice(archive.length)}InRelease`);
  const past = await followed(url, context);
  const release = past.status === 200 ? readable(past.body, url) : undefined;
  return release !== undefined && archiveOfRelease(release) === name ? base : undefined;
}

async function pastAnswer(
  base: string,
  index: SuiteRequest,
  context: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const { asOf } = context;
  const url = snapshotUrl(base, asOf, index.below);
  let document = await followed(url, context);
  if (isAbsent(document) && index.isByHash) {
    document = await followed(snapshotUrl(base, nextSnapshot(asOf), index.below), context);
    // Such a file is right wherever it is found; upstream may still have it.
    if (isAbsent(document)) return undefined;
  }
  const { status, headers, body } = document;
  const isAnswer = status === 200 || (isAbsent(document) && index.path !== 'InRelease');
  if (!isAnswer) throw unavailable(url, base, asOf, `answered ${status}`);
  if (status === 200 && (index.path === 'InRelease' || index.path === 'Release')) {
    const release = readable(body, url);
    if (release === undefined) throw unavailable(url, base, asOf, 'gave something else than a Release file');
    if (release.date > asOf)
      throw unavailable(url, base, asOf, `gave the state of ${release.date.toISOString()}, which is later`);
  }
  return { status, headers: keptHeaders(headers), body };
}

function baseOf(name: SnapshotArchive | undefined, services: SnapshotServices): string | undefined {
  return name === undefined ? undefined : services[name];
}

/** Snapshot services redirect to the exact time of the state; the client asked for another URL and shall not see it. */
async function followed(url: string, { fetch }: AsOfContext): Promise<UpstreamDocument> {
  let from = url;
  for (let hops = 0; hops <= redirectLimit; hops++) {
    const document = await fetch(from);
    const { location } = document.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(document.status);
    if (!isRedirect || location === undefined || !URL.canParse(location, from)) return document;
    from = new URL(location, from).href;
  }
  throw upstreamError('APT_REDIRECT_LOOP', `${url} redirects more than ${redirectLimit} times`, {
    next: 'Open the URL by hand; the server sends its clients round in circles.',
  });
}

function isAbsent({ status }: UpstreamDocument): boolean {
  return status === 404 || status === 410;
}

/** What it says of itself is signed, but only apt knows by whom it must be. */
function readable(body: Buffer, url: string): Release | undefined {
  try {
    return parseRelease(unverifiedText(body), url);
  } catch (error) {
    if (error instanceof HoldfastError) return undefined;
    throw error;
  }
}

function keptHeaders(headers: IncomingHttpHeaders): (readonly [string, string])[] {
  return (['content-type', 'etag', 'last-modified'] as const).flatMap(name => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function unavailable(url: string, base: string, asOf: Date, reason: string): HoldfastError {
  const since = firstDayOf(base);
  const reach = since === undefined ? '' : ` (this service starts at ${since})`;
  const date = asOf.toISOString().replace('.000Z', 'Z');
  return upstreamError(
    'AS_OF_UNAVAILABLE',
    `the archive has moved on since ${date}, and its snapshots ${reason}: ${url}`,
    { next: `Run \`holdfast update\` to move the lock to a date that the snapshots have${reach}.` },
  );
}
