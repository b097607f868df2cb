/** Advisory feeds by their published schemas, as files and over HTTP. */

export {
  allZip,
  osvRecordJson,
  secdbJson,
  trackerJson,
  type AuditedFlaw,
  type OsvSpec,
  type TrackedFlaw,
} from './documents.ts';
export { FeedServer } from './server.ts';
