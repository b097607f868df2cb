/** A small signed repository of rpm packages, made by rpmbuild and createrepo, that real dnf accepts. */

export type { RpmSpec } from './package.ts';
export { haveRpmTools, YumRepository, type MetadataCompression } from './repository.ts';
