export { openArchive } from './archive.ts';
export { causesExplained, type LikelyCause } from './cause.ts';
export {
  compareLayers,
  pathInLayer,
  type CompareOptions,
  type DifferenceKind,
  type LayerDifference,
  type LayerSource,
} from './compare.ts';
export { layerPairs, type LayerPair } from './layer-pairs.ts';
export {
  chainId,
  formatImageConfig,
  parseImageConfig,
  type ContainerConfig,
  type Healthcheck,
  type HistoryEntry,
  type ImageConfig,
} from './config.ts';
export { decompress, type Compression } from './decompress.ts';
export { unxz } from './unxz.ts';
export { rootArchive } from './diff/root-archive.ts';
export type { PlannedFile } from './diff/layer-tree.ts';
export { planLayer, type PlannedLayer } from './diff/plan-layer.ts';
export { writeLayer, type LayerOptions, type WrittenLayer } from './diff/write-layer.ts';
export {
  extractLayer,
  type ExtractedLayer,
  type ExtractOptions,
  type LayerLimits,
} from './extract/extract.ts';
export type { SkippedEntry } from './extract/layer-directory.ts';
export {
  byBytes,
  byteString,
  bytesOf,
  joined,
  nameOf,
  parentOf,
  within,
  type ByteString,
} from './filesystem/byte-string.ts';
export { factsOf, type FileFacts } from './filesystem/facts.ts';
export { makeFifo, SpecialNodes } from './filesystem/nodes.ts';
export {
  copyXattrs,
  isOpaque,
  layerXattrs,
  readTreeXattrs,
  readXattrs,
  removeXattr,
  writeXattrs,
  type Xattrs,
} from './filesystem/xattrs.ts';
export { gzip, gzipRecipe } from './gzip.ts';
export {
  formatManifest,
  parseManifest,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type IndexDescriptor,
  type ManifestDocument,
} from './manifest.ts';
export {
  mediaTypes,
  ociMediaType,
} from './media-types.ts';
export { sameImage, type Identity } from './identity/same-image.ts';
export { imageSummary } from './identity/summary.ts';
export { keystoreDigest } from './normalise/java.ts';
export { fileHolds } from './normalise/find-bytes.ts';
export type { BuildTrust } from './normalise/residue.ts';
export { rules, rulesWithout, type Rule, type RuleHit } from './normalise/rules.ts';
export {
  readTar,
  writeTar,
  type TarEntry,
  type TarFile,
  type TarHeader,
  type TarLimits,
  type TarType,
} from './tar/index.ts';
