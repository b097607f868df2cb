import type { Kind } from '../kind.ts';
import { gemAsOf } from './as-of.ts';
import { installedGems } from './installed.ts';
import { latestGems, gemVersions } from './latest.ts';
import { gemRecogniser } from './recognise.ts';

/** Gem servers: the compact index, the older indexes of marshalled specifications, and the gems. */
export const gem: Kind = {
  name: 'gem',
  versions: gemVersions,
  latest: latestGems,
  recogniser: gemRecogniser,
  asOf: gemAsOf,
  installed: installedGems,
};
