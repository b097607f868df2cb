export { canonicalJson, type Json } from './canonical-json.ts';
export { Digester, hexOf, isDigest, sha256, shortDigest, type Digest } from './digest.ts';
export {
  errnoOf,
  errorAt,
  exitCodes,
  findingsError,
  HoldfastError,
  integrityError,
  interrupted,
  messageOf,
  staleError,
  stepError,
  upstreamError,
  usageError,
  type ErrorDetails,
  type ExitCode,
  type SourcePlace,
} from './errors.ts';
export { collectEarly } from './heap.ts';
export { ifSound } from './if-sound.ts';
export { lazy } from './lazy.ts';
export { nodeHttp } from './node-http.ts';
export { isObject, jsonObject, type JsonObject } from './json-object.ts';
export { formatPlatform, hostPlatform, parsePlatform, type Platform } from './platform.ts';
export { secureContext } from './secure-context.ts';
export { differingLines, type DiffLine } from './text-diff.ts';
export { counted } from './words.ts';
export { zipEntries } from './zip.ts';
export { workerResult } from './worker.ts';
