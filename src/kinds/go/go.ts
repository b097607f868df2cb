import type { Kind } from '../kind.ts';
import { goAsOf } from './as-of.ts';
import { latestModules, goVersions } from './latest.ts';
import { recogniseGo } from './recognise.ts';

/**
 * Go modules and toolchains, by the GOPROXY protocol and that of the checksum database (Go modules reference, "Module
 * proxies" and "Checksum database"). A finished binary names its modules, but lies anywhere: nothing is `installed`.
 */
export const go: Kind = {
  name: 'go',
  versions: goVersions,
  latest: latestModules,
  recogniser: () => Promise.resolve(recogniseGo),
  asOf: goAsOf,
};
