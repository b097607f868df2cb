export {
  keyText,
  type Exchange,
  type ExchangeKey,
  type RecordedResponse,
  type RefusedExchange,
} from './exchange.ts';
export {
  type ArchiveInput,
  type AsOfAnswer,
  type AsOfContext,
  type ClientContext,
  type ClientSettings,
  type IndexFacts,
  type InstalledPackage,
  type Kind,
  type KindName,
  type NewRequest,
  type RecogniseContext,
  type Recognised,
  type Recogniser,
  type Snapshots,
  type StepFile,
  type UpstreamDocument,
} from './kind.ts';
export { debSource, movedSuite, readKeyring, snapshotArchives } from './apt/index.ts';
export type { ChangelogSection } from './changelog.ts';
export type { PackageTexts } from './package-texts.ts';
export { firstUnaffected, isAffected } from './npm/affected.ts';
export type {
  LatestContext,
  LockedArchive,
  LockedInput,
  LookUp,
  Release,
  Remark,
  Since,
} from './latest.ts';
export { archiveName } from './latest.ts';
export { latestFiles } from './file/latest.ts';
export { latestImages } from './image/latest.ts';
export { registryOf as npmRegistryOf } from './npm/latest.ts';
export { type VersionOrder } from './version-order.ts';
export { rootOfFiles, type RootFiles } from './root-files.ts';
export { kinds } from './all.ts';
