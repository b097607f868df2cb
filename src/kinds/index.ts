export { keyText, type Exchange, type ExchangeKey, type RecordedResponse } from './exchange.ts';
export {
  type ArchiveInput,
  type ClientContext,
  type ClientSettings,
  type Kind,
  type KindName,
  type RecogniseContext,
  type Recognised,
  type Recogniser,
  type StepFile,
} from './kind.ts';
export { apt } from './apt/index.ts';
export { npm } from './npm/index.ts';
