export { givenArguments, proxyArguments } from './arguments.ts';
export { baseTriggers } from './base-triggers.ts';
export { requestedSourceDate } from './source-date.ts';
export { withLockedImage } from './image-view.ts';
export { rootFiles } from './files/index.ts';
export { liveRequests } from './live-requests.ts';
export type { Get } from '../gateway/index.ts';
export { bringImage } from './images.ts';
export { imagePackages } from './image-packages.ts';
export { baseImage, type BaseEffects, type BaseRequest, type BaseResult } from './base/index.ts';
export {
  compareImages,
  type ComparedImage,
  type ComparedLayer,
  type FileDifference,
  type ImageComparison,
  type ImagePlace,
  type SettingDifference,
} from './compare-images.ts';
export type { PackageDifference } from './recorded-packages.ts';
export { decorated, type Decoration } from './decorate.ts';
export { exportArchive, exportDirectory } from './export-files.ts';
export type { BuildEvent, OnEvent } from './events.ts';
export type { BuildOutcome } from './execute.ts';
export { explain, type Asker, type ExplainedBuild, type Explanation } from './explain.ts';
export {
  buildFromLock,
  lockProject,
  readLockState,
  refuseOtherOwners,
  type LockOptions,
  type LockState,
  type WrittenLock,
} from './locking.ts';
export { Ledger, type ThawedAnswers } from './ledger.ts';
export { withRuntime, type RuntimeOptions } from './open-runtime.ts';
export { recordBuild, type LockedBuild, type RecordedBuild } from './record-build.ts';
export { lockOf, replaceFile, writeLock } from './write-lock.ts';
export { buildPlatforms, forPlatforms, type PlatformBuilds, type PlatformProjects } from './platforms.ts';
export { fetchLockedContext } from './locked-context.ts';
export { isRemote } from './main-context.ts';
export {
  dockerfilePath,
  openProject,
  withDockerfile,
  type Project,
  type ProjectRequest,
  type ServiceRequest,
} from './project.ts';
export { readLock, type ReadLock } from './read-lock.ts';
export { configurationName, readConfiguration, type Configuration, type Hold } from './configuration.ts';
export type { RegistrySettings } from './places.ts';
export { recordedInputs } from './recordings.ts';
export { repairFrom, type RepairSources } from './repair.ts';
export { NamespacesNeeded, type BuildRuntime, type CacheUse } from './runtime.ts';
export {
  Agents,
  entitlements,
  Secrets,
  type AgentSource,
  type Entitlement,
  type FailedStepShell,
  type Grants,
  type SecretSource,
} from './run/index.ts';
export { variablesOf, withRunnableImage, type RunnableImage } from './run-in-image.ts';
export { packSteps, SharedCache } from './shared-cache.ts';
export { verifyProject, type Verification } from './verify.ts';
