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
  type RootFiles,
  type Snapshots,
  type StepFile,
  type UpstreamDocument,
} from './kind.ts';
export { readKeyring, snapshotArchives } from './apt/index.ts';
export type { ChangelogSection } from './changelog.ts';
export type { PackageTexts } from './package-texts.ts';
export { kinds } from './all.ts';
