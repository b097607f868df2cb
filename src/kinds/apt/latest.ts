/** What apt would take now: the candidate over all enabled suites, from indexes whose signatures hold. */

import { upstreamError } from '../../core/index.ts';
import type { LatestContext, LockedArchive, LockedInput, LookUp, FailedLookUp } from '../latest.ts';
import { archiveName, failureOf, lookUpOf } from '../latest.ts';
import { openPackages, openRelease, type SuitePackages, type VerifiedRelease } from './archive.ts';
import { Candidates } from './candidates.ts';
import type { Fetch } from './fetch.ts';
import { firstSeen, type FirstSeen } from './first-seen.ts';
import { sourceOf } from './installed.ts';
import { keyringOfArchive } from './locked-trust.ts';
import { movedSuite } from './moved-suite.ts';
import { compareVersions } from './version.ts';

type OpenedSuite = { readonly archive: LockedArchive } & (
  | { readonly date: Date; readonly suites: readonly SuitePackages[] }
  | { readonly failure: FailedLookUp }
);

/** Packages, and the lock's archives themselves, which are called `URL SUITE` and have their date for a version. */
export async function latestPackages(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const architectures = architecturesOf(inputs, context.indexes);
  // A suite of Holdfast's own holds what an update moved alone; upstream has no such thing.
  const archives = context.archives.filter(({ suite }) => suite !== movedSuite);
  const opened = await Promise.all(
    archives.map(archive => openSuite(archive, inputs, architectures, context)),
  );
  const suites = automatic(opened);
  const candidates = new Map<string, Candidates<SuitePackages>>();
  for (const architecture of architectures)
    candidates.set(architecture, await candidatesIn(suites, architecture, context));
  const seen = firstSeen(context);
  return Promise.all(
    inputs.map(async (input): Promise<LookUp> => {
      const own = opened.find(({ archive }) => archiveName(archive) === input.name);
      if (own !== undefined) return lookUpArchive(own);
      const failure = failureFor(input, opened);
      return failure ?? lookUpPackage(input, candidates, architectures, seen);
    }),
  );
}

function lookUpArchive(opened: OpenedSuite): LookUp {
  if ('failure' in opened) return opened.failure;
  return lookUpOf(opened.date.toISOString().replace('.000Z', 'Z'));
}

async function lookUpPackage(
  input: LockedInput,
  candidates: ReadonlyMap<string, Candidates<SuitePackages>>,
  architectures: readonly string[],
  seen: FirstSeen,
): Promise<LookUp> {
  const { name, version, architecture = 'all' } = input;
  const wanted = architecture === 'all' ? architectures[0] : architecture;
  const found = candidates.get(wanted ?? '')?.get(name);
  if (found === undefined) return { state: 'gone', why: 'no suite of the lock has it any more' };
  const isNewer = compareVersions(found.record.version, version) > 0;
  if (!isNewer) return lookUpOf(version);
  const { version: newer } = found.record;
  const source = sourceOf(found.record.field('Source'), newer);
  const newest = { version: newer, since: await seen(found), source };
  return { state: 'ok', newest, inRange: newest, remarks: [] };
}

/** Where a suite cannot be read, nobody knows what is newest in it, nor in the suites that complete it. */
function failureFor({ url = '' }: LockedInput, opened: readonly OpenedSuite[]): FailedLookUp | undefined {
  const own = opened.filter(({ archive }) => url === '' || url.startsWith(archive.url));
  const family = new Set(own.map(({ archive }) => familyOf(archive.suite)));
  const failed = opened.find(
    (one): one is Extract<OpenedSuite, { failure: FailedLookUp }> =>
      'failure' in one && (family.size === 0 || family.has(familyOf(one.archive.suite))),
  );
  return failed?.failure;
}

const familyOf = (suite: string) =>
  suite.replace(/(?:-updates|-security|\/updates|-proposed|-backports)$/, '');

/** Backports are taken by name alone. */
function automatic(opened: readonly OpenedSuite[]): SuitePackages[] {
  const suites = opened.flatMap(one => ('suites' in one ? one.suites : []));
  return suites.filter(({ release }) => !release.notAutomatic);
}

function candidatesIn(
  suites: readonly SuitePackages[],
  architecture: string,
  { once }: LatestContext,
): Promise<Candidates<SuitePackages>> {
  const own = suites.filter(suite => suite.architecture === architecture);
  const key = own.map(({ index, components }) => [index.digest, ...components].join(' '));
  return once(['candidates', architecture, ...key.toSorted()].join(' '), () =>
    Promise.resolve(
      new Candidates(
        own.map(suite => ({ origin: suite, packages: suite.packages })),
        architecture,
      ),
    ),
  );
}

async function openSuite(
  archive: LockedArchive,
  inputs: readonly LockedInput[],
  architectures: readonly string[],
  context: LatestContext,
): Promise<OpenedSuite> {
  const fetch = fetchFrom(context);
  try {
    const keyring = await keyringOfArchive(archive, context);
    // A signature is checked once for all locks that trust the same keys.
    const keys = keyring.fingerprints.toSorted().join(' ');
    const release = await context.once(`apt ${archiveName(archive)} ${keys}`, () =>
      openRelease({ uri: archive.url, suite: archive.suite, keyring }, { fetch, now: context.now }),
    );
    const components = componentsOf(archive, inputs, context.indexes);
    const offered = release.release.components;
    const enabled = components.filter(one => offered.length === 0 || offered.includes(one));
    const suites: SuitePackages[] = [];
    for (const architecture of architectures)
      suites.push(await openOnce(release, enabled.length === 0 ? offered : enabled, architecture, context));
    return { archive, date: release.release.date, suites };
  } catch (error) {
    return { archive, failure: failureOf(error) };
  }
}

/** By the digest of what was signed, so that nothing is taken from a lock that trusts other keys. */
function openOnce(
  release: VerifiedRelease,
  components: readonly string[],
  architecture: string,
  context: LatestContext,
): Promise<SuitePackages> {
  const key = ['apt', release.index.digest, release.uri, architecture, ...components].join(' ');
  return context.once(key, () => openPackages(release, components, architecture, fetchFrom(context)));
}

function fetchFrom({ fetch }: LatestContext): Fetch {
  return async url => {
    const { status, body } = await fetch(url);
    if (status === 200) return body;
    if (status === 404 || status === 410) return undefined;
    throw upstreamError('APT_FETCH_FAILED', `${url} answered ${status}`, {
      next: 'Look at what the archive answers, or use another mirror.',
    });
  };
}

/** Those of the packages, or where they all run anywhere, those whose indexes the builds asked for. */
function architecturesOf(inputs: readonly LockedInput[], indexes: readonly string[]): string[] {
  const named = inputs.flatMap(({ architecture }) => architecture ?? []).filter(one => one !== 'all');
  const asked = indexes.flatMap(url => /\/binary-([a-z0-9-]+)\//.exec(url)?.[1] ?? []);
  return [...new Set(named.length > 0 ? named : asked.filter(one => one !== 'all'))];
}

/** Those whose indexes the builds asked for, else those that the locked packages lie in. */
function componentsOf(
  { url: archive, suite }: LockedArchive,
  inputs: readonly LockedInput[],
  indexes: readonly string[],
): string[] {
  const start = `${archive}dists/${suite}/`;
  const asked = indexes
    .filter(url => url.startsWith(start))
    .flatMap(url => /^(.+)\/binary-[a-z0-9-]+\//.exec(url.slice(start.length))?.[1] ?? []);
  const taken = inputs
    .filter(({ url = '' }) => url.startsWith(archive))
    .flatMap(({ url = '' }) => /\/pool\/(?:updates\/)?([^/]+)\//.exec(url)?.[1] ?? []);
  return [...new Set(asked.length > 0 ? asked : taken)];
}
