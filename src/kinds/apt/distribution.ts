/**
 * Which of a system's sources are the distribution itself. Many archives call a suite `bookworm`; the distribution
 * is told by the shape of its suites (`X`, `X-updates`, `X-security`) and by what the signed Release files say of
 * themselves, never by the name of a host: mirrors have any. A mirror may give its suites names of its own for who
 * stands behind them; the key that signs them all says that it is one.
 */

import { HoldfastError, upstreamError } from '../../core/index.ts';
import type { VerifiedRelease } from './archive.ts';
import type { SignedBy, SourceEntry } from './sources.ts';

/** One suite at one address. */
export interface SuiteCandidate {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy: readonly SignedBy[];
}

export interface DistributionSuite extends SuiteCandidate {
  readonly opened: VerifiedRelease;
}

/** Origins that are distributions with an archive of Debian's shape; others are taken where they are the only one. */
const distributions: readonly (string | undefined)[] = ['Debian', 'Ubuntu'];

const suffixes = /(-updates|-security|\/updates)$/;

/**
 * The suites that make up a distribution's release, the main one first.
 * @param suite its name, for example `bookworm`. Where the sources name it nowhere, the addresses at which they have
 *   another release are tried.
 * @param open verifies a candidate's Release, as openRelease does.
 * @param leftOut is told of suites that are the release's by their names, and why they are not taken.
 * @throws HoldfastError APT_SUITE_NOT_FOUND (exit 5); what `open` throws for a suite that belongs to the distribution
 */
export async function distributionSuites(
  entries: readonly SourceEntry[],
  suite: string,
  open: (candidate: SuiteCandidate) => Promise<VerifiedRelease>,
  leftOut: (candidate: SuiteCandidate, why: string) => void,
): Promise<DistributionSuite[]> {
  const all = entries.filter(entry => entry.types.includes('deb')).flatMap(candidatesOf);
  const named = all.filter(candidate => candidate.suite.replace(suffixes, '') === suite);
  const candidates = merged(named.length > 0 ? named : all.map(candidate => renamed(candidate, suite)));
  const opened: DistributionSuite[] = [];
  const failures = new Map<SuiteCandidate, unknown>();
  for (const candidate of candidates) {
    try {
      opened.push({ ...candidate, opened: await open(candidate) });
    } catch (error) {
      failures.set(candidate, error);
    }
  }
  const main = mainSuite(opened.filter(candidate => candidate.suite === suite));
  if (main === undefined) throw notFound(suite, [...failures.values()]);
  const foreign = new Map<string, string>();
  const others = opened.filter(other => {
    if (other.suite === suite) return false;
    const why = whyForeign(other.opened, main.opened);
    if (why === undefined) return true;
    leftOut(other, why);
    foreign.set(other.suite, `${other.uri}: ${why}`);
    return false;
  });
  for (const [candidate, failure] of failures) {
    const missing = failure instanceof HoldfastError && failure.code === 'APT_RELEASE_MISSING';
    // Of several mirrors one may have the security suite alone, as Debian's own does.
    const isElsewhere = others.some(other => other.suite === candidate.suite);
    // Going on without the security suite would give old packages and say nothing.
    if (candidate.suite === suite || (missing && (named.length === 0 || isElsewhere))) continue;
    const why = foreign.get(candidate.suite);
    throw missing && why !== undefined ? onlyForeign(candidate.suite, why) : failure;
  }
  return [main, ...others];
}

/** Why a suite is no part of the release whose main suite is known; nothing where it is one. */
function whyForeign({ release, signer }: VerifiedRelease, main: VerifiedRelease): string | undefined {
  if (release.notAutomatic) return 'it says NotAutomatic, so that apt would take nothing from it unasked';
  if (release.origin === main.release.origin || signer === main.signer) return undefined;
  const [its, mains] = [release, main.release].map(({ origin }) => origin ?? 'nobody');
  return `its Origin is ${its}, that of ${main.suite} is ${mains}, and another key signs it`;
}

function candidatesOf({ uris, suites, components, signedBy }: SourceEntry): SuiteCandidate[] {
  return uris.flatMap(uri =>
    suites.filter(suite => !suite.endsWith('/')).map(suite => ({ uri, suite, components, signedBy })),
  );
}

function renamed(candidate: SuiteCandidate, suite: string): SuiteCandidate {
  return { ...candidate, suite: suite + (suffixes.exec(candidate.suite)?.[0] ?? '') };
}

/** An address and suite that are named twice are one, with the components of both. */
function merged(candidates: readonly SuiteCandidate[]): SuiteCandidate[] {
  const byPlace = new Map<string, SuiteCandidate>();
  for (const candidate of candidates) {
    const place = `${candidate.uri.replace(/\/+$/, '')} ${candidate.suite}`;
    const held = byPlace.get(place);
    const components = new Set([...(held?.components ?? []), ...candidate.components]);
    byPlace.set(place, { ...(held ?? candidate), components: [...components] });
  }
  return [...byPlace.values()];
}

function mainSuite(found: readonly DistributionSuite[]): DistributionSuite | undefined {
  const known = found.find(({ opened }) => distributions.includes(opened.release.origin));
  if (known !== undefined) return known;
  const origins = new Set(found.map(({ opened }) => opened.release.origin));
  return origins.size === 1 ? found[0] : undefined;
}

/** The one that has it was named for it: who asked wants to know what is wrong with that one. */
function onlyForeign(suite: string, why: string): HoldfastError {
  return upstreamError('APT_SUITE_NOT_FOUND', `no archive that was named has ${suite} of this release`, {
    details: [why],
    next: 'Name an archive that is signed as the main suite is, or whose Release file gives the same Origin.',
  });
}

function notFound(suite: string, failures: readonly unknown[]): HoldfastError {
  const reasons = failures.filter(failure => failure instanceof HoldfastError);
  return upstreamError(
    'APT_SUITE_NOT_FOUND',
    `no source of this system is a distribution with the suite ${suite}`,
    {
      next: 'Name an archive that has it with --mirror, and its keys with --keyring.',
      details: reasons.map(failure => `${failure.code}: ${failure.message}`),
    },
  );
}
