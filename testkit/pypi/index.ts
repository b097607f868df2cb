/** A small Python package index with a past, that real pip accepts. */

export { buildSdist, buildWheel, type BuiltFile, type ReleaseSpec } from './distribution.ts';
export { findPip, type Pip, type PipResult } from './pip.ts';
export { zipOf, type ZipFile } from './zip.ts';
export { PypiIndex, type IndexOptions, type Release, type SeenRequest } from './server.ts';
