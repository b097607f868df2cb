/**
 * The kind `apt`: Debian archives, their packages, and what a build's exchanges with them were. Pure: the network and
 * the clock come in as arguments; only `readSources` and `keyringFor` read files, below the root they are given.
 */

export {
  openPackages,
  openRelease,
  packageUrl,
  type ArchiveEffects,
  type SuitePackages,
  type SuiteSource,
  type TakenFile,
  type VerifiedRelease,
} from './archive.ts';
export { debianArchitecture } from './architecture.ts';
export { movedAlone, statusRecords } from './moved-alone.ts';
export { isMovedSuite, movedSuite, movedSuiteFiles } from './moved-suite.ts';
export { Candidates, type Candidate } from './candidates.ts';
export {
  type AptClientOptions,
  type AptClientSettings,
} from './client.ts';
export { debSource, readDeb, recordOfDeb, type DebPackage } from './deb.ts';
export { type Stanza, type SyntaxFailure } from './deb822.ts';
export { distributionSuites, type DistributionSuite, type SuiteCandidate } from './distribution.ts';
export type { Fetch } from './fetch.ts';
export { apt } from './kind.ts';
export { installOrder } from './install-order.ts';
export { readKeyring, type Keyring } from './keyring.ts';
export { parsePackages, type PackageFile, type PackageRecord } from './packages.ts';
export {
  type ReadBody,
  type Recognised,
  type RecognisedIndex,
  type RecognisedPackage,
  type RecordedExchange,
} from './recognise.ts';
export { type Release, type ReleaseFile } from './release.ts';
export { resolveBase, type BaseSystem, type Resolved } from './resolve.ts';
export {
  type VerifiedText,
  type VerifyOptions,
} from './signature.ts';
export { snapshotArchives } from './snapshots.ts';
export { readSources, type SignedBy, type SourceEntry } from './sources.ts';
export { keyringFor } from './trust.ts';
export {
  type DebianVersion,
  type VersionRelation,
} from './version.ts';
