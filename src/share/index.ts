export { collectGarbage, type Garbage, type UnnamedBlob } from './collect-garbage.ts';
export { noteLock } from './known-locks.ts';
export { openPlace, parsePlace } from './open-place.ts';
export type { BlobPlace, WantedBlob } from './place.ts';
export { pullLock, type PulledLock } from './pull.ts';
export { pushLock, type PushedLock } from './push.ts';
export { storeUsage, type RootUsage, type StoreUsage } from './usage.ts';
export {
  verifyStore,
  type BadBlob,
  type RecordedAnswer,
  type Repair,
  type StoreVerification,
} from './verify-store.ts';
