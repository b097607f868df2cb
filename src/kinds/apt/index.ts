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
export { Candidates, type Candidate } from './candidates.ts';
export {
  aptClientSettings,
  type AptClientOptions,
  type AptClientSettings,
  type InjectedFile,
} from './client.ts';
export { readDeb, type DebPackage } from './deb.ts';
export { stanzas, words, type Stanza, type SyntaxFailure } from './deb822.ts';
export { distributionSuites, type DistributionSuite, type SuiteCandidate } from './distribution.ts';
export type { Fetch } from './fetch.ts';
export { apt } from './kind.ts';
export { installOrder } from './install-order.ts';
export { keyringOnly, readKeyring, type Keyring } from './keyring.ts';
export { packageFile, parsePackages, type PackageFile, type PackageRecord } from './packages.ts';
export {
  aptRecogniser,
  type ReadBody,
  type Recognised,
  type RecognisedIndex,
  type RecognisedPackage,
  type RecordedExchange,
} from './recognise.ts';
export { parseRelease, type Release, type ReleaseFile } from './release.ts';
export { resolveBase, type BaseSystem, type Resolved } from './resolve.ts';
export {
  checkReleaseTime,
  verifyDetached,
  verifyInRelease,
  type VerifiedText,
  type VerifyOptions,
} from './signature.ts';
export { readSources, type SignedBy, type SourceEntry } from './sources.ts';
export { keyringFor } from './trust.ts';
export {
  compareVersions,
  parseVersion,
  versionSatisfies,
  type DebianVersion,
  type VersionRelation,
} from './version.ts';
