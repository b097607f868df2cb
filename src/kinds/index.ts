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
export { snapshotArchives } from './apt/index.ts';
export { kinds } from './all.ts';
