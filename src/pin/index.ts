export { pinDockerfile } from './pin-dockerfile.ts';
export { refreshedScripts } from './refresh.ts';
export { contextOf, frontendDigest, lockedProject, type LockedProject } from './pin-project.ts';
export type {
  Pin,
  PinContext,
  PinKind,
  PinRequest,
  PinResult,
  Unpinned,
  UnpinnedCode,
  WrittenFile,
} from './result.ts';
export { pullable, storeImages, whyOfStore } from './store-images.ts';
export { takesFile } from './taken-files.ts';
export { sourcePolicy, type SourcePolicy } from './source-policy.ts';
