/** A small signed apt archive with a past, that real apt accepts. */

export { AptRoot, haveApt, type AptResult } from './apt-root.ts';
export {
  AptArchive,
  type ArchiveOptions,
  type ArchiveState,
  type Publication,
  type StoredFile,
} from './archive.ts';
export { buildDeb, type BuiltPackage, type PackageFile, type PackageSpec, type ScriptName } from './deb.ts';
export { ArchiveKey, type KeyOptions } from './key.ts';
export { ArchiveServer, type Fault, type SeenRequest, type ServedFiles } from './server.ts';
export { serveSnapshots, type SnapshotOptions } from './snapshots.ts';
